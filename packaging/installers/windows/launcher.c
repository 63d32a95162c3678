/* Starts WardNote inside this process: WardNote.exe for the window, bin\wardnote.exe for the command line.
 *
 * The interpreter, the packages and the program lie in a folder of their own per version (VERSION_FOLDER), so that an
 * upgrade that is interrupted leaves the earlier version whole. CONSOLE is defined for the command line.
 */
#include <windows.h>
#include <shellapi.h>
#include <shobjidl.h>
#include <stdio.h>
#include <wchar.h>
#include "version.h"

#define LONG_PATH 4096
#define EXIT_ENVIRONMENT 3

typedef int (*PyMain)(int, wchar_t **);

/* Loaded first and by their full paths: a ward PC may have none of these, or older ones. */
static const wchar_t *const runtime[] = {
    L"vcruntime140.dll", L"vcruntime140_1.dll", L"vcruntime140_threads.dll", L"msvcp140.dll", L"msvcp140_1.dll",
    L"msvcp140_2.dll", L"msvcp140_atomic_wait.dll", L"msvcp140_codecvt_ids.dll", L"concrt140.dll", L"vcomp140.dll",
    L"python3.dll", L"python311.dll",
};

static int speaks_chinese(void)
{
    return PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_CHINESE;
}

static int fail(const wchar_t *chinese, const wchar_t *english, const wchar_t *what)
{
    wchar_t text[LONG_PATH + 400];
    _snwprintf(text, LONG_PATH + 399, speaks_chinese() ? chinese : english, what);
    text[LONG_PATH + 399] = 0;
#ifdef CONSOLE
    char bytes[(LONG_PATH + 400) * 3];
    WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
    fprintf(stderr, "%s\n", bytes);
#else
    MessageBoxW(NULL, text, L"病程助手 WardNote", MB_ICONERROR | MB_SETFOREGROUND);
#endif
    return EXIT_ENVIRONMENT;
}

static int find_home(wchar_t *home)
{
    DWORD length = GetModuleFileNameW(NULL, home, LONG_PATH);
    int up = 1;
#ifdef CONSOLE
    up = 2; /* out of bin */
#endif
    if (length == 0 || length >= LONG_PATH)
        return 0;
    while (up-- > 0) {
        wchar_t *last = wcsrchr(home, L'\\');
        if (!last)
            return 0;
        *last = 0;
    }
    /* Room for the longest name below. */
    return wcslen(home) < LONG_PATH - 100;
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t home[LONG_PATH], python[LONG_PATH], path[LONG_PATH];
    HMODULE library = NULL;
    if (!find_home(home))
        return fail(L"安装路径过长，病程助手无法启动。%ls", L"The installation path is too long.%ls", L"");
    swprintf(path, LONG_PATH, L"%ls\\" VERSION_FOLDER L"\\incomplete", home);
    if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
        return fail(L"上次安装没有完成，请重新运行安装程序，或联系信息科。病历数据不受影响。%ls",
                    L"The last installation was interrupted: please run the setup program again. No data is lost.%ls", L"");
    swprintf(python, LONG_PATH, L"%ls\\" VERSION_FOLDER L"\\python", home);
    /* Searched instead of the current folder, which may be anybody's. */
    SetDllDirectoryW(python);
    for (size_t i = 0; i < sizeof runtime / sizeof *runtime; i++) {
        swprintf(path, LONG_PATH, L"%ls\\%ls", python, runtime[i]);
        library = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
        if (!library)
            return fail(L"缺少运行库 %ls，病程助手无法启动：请重新运行安装程序，或联系信息科。病历数据不受影响。",
                        L"The runtime library %ls is missing or damaged: please run the setup program again.", runtime[i]);
    }
    PyMain run = (PyMain)(void *)GetProcAddress(library, "Py_Main");
    if (!run)
        return fail(L"运行库 %ls 已损坏：请重新运行安装程序。", L"%ls is damaged: please run setup again.", L"python311.dll");
#ifdef CONSOLE
    swprintf(path, LONG_PATH, L"%ls\\python.exe", python);
#else
    SetCurrentProcessExplicitAppUserModelID(APP_ID);
    swprintf(path, LONG_PATH, L"%ls\\pythonw.exe", python);
#endif
    /* The interpreter takes its first argument for itself: child processes are started with that program. */
    wchar_t *own[] = {path, L"-X", L"utf8", L"-m", L"app"};
    const int count = sizeof own / sizeof *own;
    wchar_t **all = calloc(count + argc, sizeof *all);
    if (!all)
        return fail(L"内存不足。%ls", L"Out of memory.%ls", L"");
    for (int i = 0; i < count; i++)
        all[i] = own[i];
    for (int i = 1; i < argc; i++)
        all[count + i - 1] = argv[i];
    return run(count + argc - 1, all);
}
