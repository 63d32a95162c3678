/* What Windows 10 has and Wine 8 has not, as far as Qt 6.11 and Rust's standard library call it at start.
 *
 * For the smoke test alone; never handed out. One source for several libraries: each is compiled with one of the
 * names below defined, and laid into the system folder of the test's own Wine.
 */
#include <windows.h>
#include <string.h>
#define EXPORT __declspec(dllexport)

#ifdef BCRYPTPRIMITIVES
BOOLEAN WINAPI SystemFunction036(PVOID buffer, ULONG length);
EXPORT BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
#endif

#ifdef ICUUC
/* Converters: "unsupported" is an answer that Qt knows how to live with. */
typedef int UErrorCode;
#define UNSUPPORTED 16
EXPORT void *ucnv_open(const char *name, UErrorCode *error) { (void)name; *error = UNSUPPORTED; return NULL; }
EXPORT void ucnv_close(void *c) { (void)c; }
EXPORT void ucnv_reset(void *c) { (void)c; }
EXPORT void UCNV_FROM_U_CALLBACK_SUBSTITUTE(void) {}
EXPORT void UCNV_TO_U_CALLBACK_SUBSTITUTE(void) {}
EXPORT signed char ucnv_getMaxCharSize(void *c) { (void)c; return 1; }
EXPORT const char *ucnv_getName(void *c, UErrorCode *error) { (void)c; *error = UNSUPPORTED; return ""; }
EXPORT void ucnv_getToUCallBack(void) {}
EXPORT void ucnv_getFromUCallBack(void) {}
EXPORT void ucnv_setToUCallBack(void) {}
EXPORT void ucnv_setFromUCallBack(void) {}
EXPORT void ucnv_cbToUWriteUChars(void) {}
EXPORT void ucnv_cbFromUWriteUChars(void) {}
EXPORT void ucnv_toUnicode(void) {}
EXPORT void ucnv_fromUnicode(void) {}
EXPORT int ucnv_toUCountPending(void) { return 0; }
EXPORT int ucnv_fromUCountPending(void) { return 0; }
EXPORT const char *ucnv_getStandardName(const char *a, const char *b, UErrorCode *error)
{
    (void)a; (void)b; *error = UNSUPPORTED; return NULL;
}
EXPORT const char *ucnv_getAvailableName(int n) { (void)n; return NULL; }
EXPORT int ucnv_countAvailable(void) { return 0; }
#endif

#ifdef MSCMS
EXPORT BOOL WINAPI CloseColorProfile(void *a) { (void)a; return TRUE; }
EXPORT void *WINAPI OpenColorProfileW(void *a, DWORD b, DWORD c, DWORD d) { (void)a; (void)b; (void)c; (void)d; return NULL; }
EXPORT void *WINAPI WcsCreateIccProfile(void *a, DWORD b) { (void)a; (void)b; return NULL; }
EXPORT BOOL WINAPI GetColorProfileFromHandle(void *a, void *b, DWORD *c) { (void)a; (void)b; (void)c; return FALSE; }
EXPORT BOOL WINAPI GetColorProfileHeader(void *a, void *b) { (void)a; (void)b; return FALSE; }
EXPORT BOOL WINAPI GetColorDirectoryW(void *a, void *b, DWORD *c) { (void)a; (void)b; (void)c; return FALSE; }
EXPORT HRESULT WINAPI ColorProfileGetDisplayDefault(void) { return E_NOTIMPL; }
EXPORT BOOL WINAPI WcsGetDefaultColorProfile(void) { return FALSE; }
EXPORT BOOL WINAPI WcsGetDefaultColorProfileSize(void) { return FALSE; }
#endif

#ifdef VIEWMANAGEMENT
/* Windows.UI.ViewManagement.UISettings, all of whose questions are answered with zero, and text scale with 1.0. */
typedef struct Thing { void **methods; } Thing;
static void *settings_methods[64], *scale_methods[16], *factory_methods[64];
static Thing settings = {settings_methods}, scale = {scale_methods}, factory = {factory_methods};
static const GUID with_scale = {0xBAD82401, 0x2721, 0x44F9, {0xBB, 0x91, 0x2B, 0xB2, 0x28, 0xBE, 0x44, 0x2F}};
static HRESULT WINAPI nothing(void *self) { (void)self; return S_OK; }
static ULONG WINAPI add_ref(void *self) { (void)self; return 2; }
static ULONG WINAPI release(void *self) { (void)self; return 1; }
static HRESULT WINAPI get_iids(void *self, ULONG *count, GUID **iids)
{
    (void)self;
    if (count) *count = 0;
    if (iids) *iids = NULL;
    return S_OK;
}
static HRESULT WINAPI get_name(void *self, void **name) { (void)self; if (name) *name = NULL; return S_OK; }
static HRESULT WINAPI get_scale(void *self, double *factor) { (void)self; *factor = 1.0; return S_OK; }
static HRESULT WINAPI settings_query(void *self, const GUID *iid, void **out)
{
    (void)self;
    *out = memcmp(iid, &with_scale, sizeof with_scale) ? &settings : &scale;
    return S_OK;
}
static HRESULT WINAPI factory_query(void *self, const GUID *iid, void **out) { (void)iid; *out = self; return S_OK; }
static HRESULT WINAPI activate(void *self, void **out) { (void)self; *out = &settings; return S_OK; }
static void fill(void **methods, int count, void *query)
{
    for (int i = 0; i < count; i++) methods[i] = (void *)nothing;
    methods[0] = query, methods[1] = (void *)add_ref, methods[2] = (void *)release;
    methods[3] = (void *)get_iids, methods[4] = (void *)get_name;
}
BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *reserved)
{
    (void)library; (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        fill(settings_methods, 64, (void *)settings_query);
        fill(scale_methods, 16, (void *)settings_query);
        scale_methods[6] = (void *)get_scale;
        fill(factory_methods, 64, (void *)factory_query);
        factory_methods[6] = (void *)activate;
    }
    return TRUE;
}
EXPORT HRESULT WINAPI DllGetActivationFactory(void *name, void **out) { (void)name; *out = &factory; return S_OK; }
EXPORT HRESULT WINAPI DllCanUnloadNow(void) { return S_FALSE; }
#endif
