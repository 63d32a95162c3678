; The setup program. packaging/installers/windows/setup.py fills in what stands between at signs.
;
; Everything of a version lies in a folder of its own ($INSTDIR\x.y.z) and is laid down before the launchers that point to
; it: an installation that is interrupted leaves the earlier version as it was. Exit codes: 0 done, 3010 done but a file in
; use goes with the next restart, 1602 cancelled by the user, 1603 not done and nothing changed, 3 done but for the models.
;
; A model pack is taken along: /PACK=, or the one *.wnpack beside this program. For one user it is installed at once; for all
; users, whose models are each their own, it is laid down in $INSTDIR\packs, where the first start and the Models page offer it.
Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS Win10
SetCompressor @COMPRESSION@
SetDateSave on
AllowSkipFiles off
CRCCheck force
BrandingText "@NAME@ @VERSION@"
Name "@CHINESE_NAME@ @NAME@ @VERSION@"
OutFile "@OUTPUT@"

!define VERSION "@VERSION@"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\@NAME@"
!define CLASS "@NAME@.Encounter"
!define LINK "@CHINESE_NAME@.lnk"
!define WINDOWS_BUILD 17763
!define NEEDED_KB @NEEDED_KB@

!define MULTIUSER_EXECUTIONLEVEL Highest
!define MULTIUSER_MUI
!define MULTIUSER_INSTALLMODE_COMMANDLINE
!define MULTIUSER_USE_PROGRAMFILES64
!define MULTIUSER_INSTALLMODE_INSTDIR "@NAME@"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_KEY "${UNINSTALL_KEY}"
!define MULTIUSER_INSTALLMODE_DEFAULT_REGISTRY_VALUENAME "UninstallString"
!define MULTIUSER_INSTALLMODE_FUNCTION ChooseFolder
!define MULTIUSER_INSTALLMODE_UNFUNCTION un.ChooseFolder
!include MultiUser.nsh
!include MUI2.nsh
!include LogicLib.nsh
!include x64.nsh
!include FileFunc.nsh
!include WordFunc.nsh

!define MUI_ICON "@ICON@"
!define MUI_UNICON "@ICON@"
!define MUI_ABORTWARNING
!define MUI_CUSTOMFUNCTION_ABORT Cancelled
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "@LICENCE@"
!insertmacro MULTIUSER_PAGE_INSTALLMODE
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE CheckFolder
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_FUNCTION StartProgram
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE SimpChinese
!insertmacro MUI_LANGUAGE English

LangString NEEDS_WINDOWS ${LANG_SIMPCHINESE} "需要 64 位 Windows 10 1809（内部版本 ${WINDOWS_BUILD}）或更高版本。没有安装任何内容。"
LangString NEEDS_WINDOWS ${LANG_ENGLISH} "64-bit Windows 10 1809 (build ${WINDOWS_BUILD}) or newer is needed. Nothing was installed."
LangString NEWER_THERE ${LANG_SIMPCHINESE} "已安装更高的版本 $2。如需安装 ${VERSION}，请先卸载（病历数据会保留）。没有更改任何内容。"
LangString NEWER_THERE ${LANG_ENGLISH} "The newer version $2 is installed. Uninstall it first (data is kept) to install ${VERSION}. Nothing was changed."
LangString NOT_EMPTY ${LANG_SIMPCHINESE} "文件夹 $INSTDIR 里已有其他文件，请另选一个空文件夹。没有更改任何内容。"
LangString NOT_EMPTY ${LANG_ENGLISH} "The folder $INSTDIR holds other files: please choose an empty one. Nothing was changed."
LangString NO_SPACE ${LANG_SIMPCHINESE} "磁盘空间不足：需要 $3 MB，$INSTDIR 所在磁盘只有 $4 MB。没有更改任何内容。"
LangString NO_SPACE ${LANG_ENGLISH} "Not enough disk space: $3 MB are needed, the disk of $INSTDIR has $4 MB. Nothing was changed."
LangString RUNNING ${LANG_SIMPCHINESE} "@CHINESE_NAME@正在运行，请先保存并关闭它，然后重试。"
LangString RUNNING ${LANG_ENGLISH} "@NAME@ is running: please close it, then try again."
LangString FAILED ${LANG_SIMPCHINESE} "安装没有完成，已撤销本次更改；原有版本和病历数据不受影响。"
LangString FAILED ${LANG_ENGLISH} "The installation did not succeed and was undone; an earlier version and all data are as they were."
LangString ASK_DATA ${LANG_SIMPCHINESE} "是否同时删除当前用户的病历数据库、设置、日志和模型？$\r$\n$\r$\n$LOCALAPPDATA\@DATA_FOLDER@$\r$\n$\r$\n删除后无法恢复。选“否”则全部保留。"
LangString ASK_DATA ${LANG_ENGLISH} "Delete this user's database of notes, settings, logs and models, too?$\r$\n$\r$\n$LOCALAPPDATA\@DATA_FOLDER@$\r$\n$\r$\nThis cannot be undone. With No, everything is kept."
LangString NO_PACK ${LANG_SIMPCHINESE} "没有模型包文件 $Pack。没有更改任何内容。"
LangString NO_PACK ${LANG_ENGLISH} "There is no model pack file $Pack. Nothing was changed."
LangString MODELS ${LANG_SIMPCHINESE} "模型包："
LangString MODELS ${LANG_ENGLISH} "Model pack: "
LangString MODELS_FAILED ${LANG_SIMPCHINESE} "程序已经装好，但模型包 $Pack 没有装上。$\r$\n$\r$\n打开@CHINESE_NAME@，在“模型”页（Ctrl+Shift+L）再次安装它，那里会说明原因。"
LangString MODELS_FAILED ${LANG_ENGLISH} "The program is installed, but the model pack $Pack is not.$\r$\n$\r$\nInstall it again on the Models page (Ctrl+Shift+L) of @NAME@, which tells the reason."
LangString ENCOUNTER ${LANG_SIMPCHINESE} "@CHINESE_ENCOUNTER@"
LangString ENCOUNTER ${LANG_ENGLISH} "@ENCOUNTER@"
LangString LINK_HINT ${LANG_SIMPCHINESE} "@CHINESE_SUMMARY@"
LangString LINK_HINT ${LANG_ENGLISH} "@SUMMARY@"

VIProductVersion @FOUR_PART@
VIFileVersion @FOUR_PART@
!macro Say language product description
  VIAddVersionKey /LANG=${language} ProductName "${product}"
  VIAddVersionKey /LANG=${language} FileDescription "${description}"
  VIAddVersionKey /LANG=${language} ProductVersion "${VERSION}"
  VIAddVersionKey /LANG=${language} FileVersion "${VERSION}"
  VIAddVersionKey /LANG=${language} CompanyName "@PUBLISHER@"
  VIAddVersionKey /LANG=${language} LegalCopyright "Apache-2.0"
!macroend
!insertmacro Say ${LANG_SIMPCHINESE} "@CHINESE_NAME@" "@CHINESE_NAME@ 安装程序"
!insertmacro Say ${LANG_ENGLISH} "@NAME@" "@NAME@ setup"

Var InUse
Var Pack

!macro Refuse text
  MessageBox MB_OK|MB_ICONSTOP "${text}" /SD IDOK
  SetErrorLevel 1603
  Quit
!macroend

!macro ChooseFolderBody un
Function ${un}ChooseFolder
  ; Never the folder of the data, which MultiUser.nsh would choose on a system that folds case.
  ${If} $MultiUser.InstallMode == CurrentUser
    StrCpy $INSTDIR "$LOCALAPPDATA\Programs\@NAME@"
  ${Else}
    StrCpy $INSTDIR "$PROGRAMFILES64\@NAME@"
  ${EndIf}
  ReadRegStr $0 SHCTX "${UNINSTALL_KEY}" InstallLocation
  ${If} $0 != ""
    StrCpy $INSTDIR $0
  ${EndIf}
FunctionEnd
!macroend
!insertmacro ChooseFolderBody ""
!insertmacro ChooseFolderBody "un."

Var GivenFolder

Function .onInit
  SetRegView 64
  StrCpy $GivenFolder $INSTDIR ; of /D=, which MultiUser.nsh overwrites
  ReadRegStr $0 HKLM "SOFTWARE\Microsoft\Windows NT\CurrentVersion" CurrentBuildNumber
  ${IfNot} ${RunningX64}
  ${OrIf} $0 < ${WINDOWS_BUILD}
    !insertmacro Refuse "$(NEEDS_WINDOWS)"
  ${EndIf}
  !insertmacro MULTIUSER_INIT
  ${If} $GivenFolder != ""
    StrCpy $INSTDIR $GivenFolder
  ${EndIf}
  ReadRegStr $2 SHCTX "${UNINSTALL_KEY}" DisplayVersion
  ${If} $2 != ""
    ${VersionCompare} $2 ${VERSION} $1
    ${If} $1 == 1
      !insertmacro Refuse "$(NEWER_THERE)"
    ${EndIf}
  ${EndIf}
  ${If} ${Silent}
    Call CheckFolder
  ${EndIf}
  Call FindPack
FunctionEnd

; $Pack is the model pack that is taken along, or empty.
Function FindPack
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PACK=" $Pack
  ${IfNot} ${Errors}
    ${If} $Pack == "none"
      StrCpy $Pack ""
      Return
    ${EndIf}
    ${IfNot} ${FileExists} $Pack
    ${OrIf} ${FileExists} "$Pack\*.*" ; a folder
      !insertmacro Refuse "$(NO_PACK)"
    ${EndIf}
    GetFullPathName $Pack $Pack
    Return
  ${EndIf}
  StrCpy $Pack ""
  FindFirst $0 $1 "$EXEDIR\*.wnpack"
  ${If} $1 != ""
    StrCpy $Pack "$EXEDIR\$1"
    FindNext $0 $1
    ${If} $1 != "" ; of several none is meant
      StrCpy $Pack ""
    ${EndIf}
  ${EndIf}
  FindClose $0
FunctionEnd

Function TakePack
  ${If} $Pack == ""
    Return
  ${EndIf}
  DetailPrint "$(MODELS)$Pack"
  StrCpy $0 0
  ${If} $MultiUser.InstallMode == CurrentUser
    nsExec::Exec '"$INSTDIR\bin\@CONSOLE@" models install "$Pack"'
    Pop $0
  ${Else}
    RMDir /r "$INSTDIR\packs"
    CreateDirectory "$INSTDIR\packs"
    ${GetFileName} $Pack $1
    ; CopyFiles may end well on a full disk, with half of a file.
    System::Call 'kernel32::CopyFileW(w "$Pack", w "$INSTDIR\packs\$1", i 0) i.r2'
    ${If} $2 == 0
      RMDir /r "$INSTDIR\packs"
      StrCpy $0 1
    ${EndIf}
  ${EndIf}
  ${If} $0 != 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(MODELS_FAILED)" /SD IDOK
    SetErrorLevel 3
  ${EndIf}
FunctionEnd

; The folder must be empty or ours, and its disk must have room.
Function CheckFolder
  StrCpy $1 0
  ${IfNot} ${FileExists} "$INSTDIR\uninstall.exe"
    FindFirst $0 $1 "$INSTDIR\*"
    ${DoWhile} $1 != ""
      ${If} $1 != "."
      ${AndIf} $1 != ".."
      ${AndIfNot} ${FileExists} "$INSTDIR\$1\incomplete" ; of an installation that was interrupted
        FindClose $0
        Goto not_empty
      ${EndIf}
      FindNext $0 $1
    ${Loop}
    FindClose $0
  ${EndIf}
  ${GetRoot} "$INSTDIR" $0
  ${DriveSpace} "$0\" "/D=F /S=K" $1
  ${If} $1 < ${NEEDED_KB}
    IntOp $3 ${NEEDED_KB} / 1024
    IntOp $4 $1 / 1024
    ${If} ${Silent}
      !insertmacro Refuse "$(NO_SPACE)"
    ${EndIf}
    MessageBox MB_OK|MB_ICONSTOP "$(NO_SPACE)"
    Abort
  ${EndIf}
  Return
not_empty:
  ${If} ${Silent}
    !insertmacro Refuse "$(NOT_EMPTY)"
  ${EndIf}
  MessageBox MB_OK|MB_ICONSTOP "$(NOT_EMPTY)"
  Abort
FunctionEnd

; $InUse is 1 if the program runs: Windows lets nobody write to a program file then.
!macro LookBody un
Function ${un}Look
again:
  StrCpy $InUse 0
  ${If} ${FileExists} "$INSTDIR\@WINDOW@"
    ClearErrors
    FileOpen $0 "$INSTDIR\@WINDOW@" a
    ${If} ${Errors}
      StrCpy $InUse 1
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNNING)" /SD IDIGNORE IDRETRY again IDCANCEL cancelled
      Return
cancelled:
      SetErrorLevel 1602
      Quit
    ${EndIf}
    FileClose $0
  ${EndIf}
FunctionEnd
!macroend
!insertmacro LookBody ""
!insertmacro LookBody "un."

Section "program"
  SectionIn RO
  SetRegView 64
  Call Look
  ${If} $InUse == 1
  ${AndIf} ${FileExists} "$INSTDIR\${VERSION}\python\python311.dll"
    ; The very version that runs cannot be laid down again.
    !insertmacro Refuse "$(RUNNING)"
  ${EndIf}
  SetOutPath "$INSTDIR\${VERSION}"
  FileOpen $0 "$INSTDIR\${VERSION}\incomplete" w
  FileClose $0
  RMDir /r "$INSTDIR\${VERSION}\python"
  RMDir /r "$INSTDIR\${VERSION}\packages"
  RMDir /r "$INSTDIR\${VERSION}\program"
@FILES@
  ; The launchers change hands only now. One that runs is set aside, and goes with the next restart.
  SetOutPath "$INSTDIR"
  ${If} $InUse == 1
    Delete "$INSTDIR\@WINDOW@.old"
    Rename "$INSTDIR\@WINDOW@" "$INSTDIR\@WINDOW@.old"
    Delete /REBOOTOK "$INSTDIR\@WINDOW@.old"
    SetRebootFlag true
  ${EndIf}
  File "@STAGE@/@WINDOW@"
  SetOutPath "$INSTDIR\bin"
  File "@STAGE@/bin/@CONSOLE@"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  Delete "$INSTDIR\${VERSION}\incomplete"
  ${If} $InUse == 0
    Call RemoveEarlier
  ${EndIf}

  CreateShortcut "$SMPROGRAMS\${LINK}" "$INSTDIR\@WINDOW@" "" "$INSTDIR\@WINDOW@" 0 "" "" "$(LINK_HINT)"
  CreateShortcut "$DESKTOP\${LINK}" "$INSTDIR\@WINDOW@" "" "$INSTDIR\@WINDOW@" 0 "" "" "$(LINK_HINT)"
  WriteRegStr SHCTX "Software\Classes\@SUFFIX@" "" "${CLASS}"
  WriteRegStr SHCTX "Software\Classes\@SUFFIX@" "Content Type" "@MIME@"
  WriteRegStr SHCTX "Software\Classes\@SUFFIX@\OpenWithProgids" "${CLASS}" ""
  WriteRegStr SHCTX "Software\Classes\${CLASS}" "" "$(ENCOUNTER)"
  WriteRegStr SHCTX "Software\Classes\${CLASS}\DefaultIcon" "" "$INSTDIR\@WINDOW@,0"
  WriteRegStr SHCTX "Software\Classes\${CLASS}\shell\open\command" "" '"$INSTDIR\@WINDOW@" open "%1"'
  WriteRegStr SHCTX "Software\Classes\@SCHEME@" "" "URL:@NAME@"
  WriteRegStr SHCTX "Software\Classes\@SCHEME@" "URL Protocol" ""
  WriteRegStr SHCTX "Software\Classes\@SCHEME@\DefaultIcon" "" "$INSTDIR\@WINDOW@,0"
  WriteRegStr SHCTX "Software\Classes\@SCHEME@\shell\open\command" "" '"$INSTDIR\@WINDOW@" open "%1"'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" DisplayName "@CHINESE_NAME@ @NAME@"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" DisplayVersion "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" Publisher "@PUBLISHER@"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" InstallLocation "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" DisplayIcon "$INSTDIR\@WINDOW@"
  WriteRegStr SHCTX "${UNINSTALL_KEY}" UninstallString '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode'
  WriteRegStr SHCTX "${UNINSTALL_KEY}" QuietUninstallString '"$INSTDIR\uninstall.exe" /$MultiUser.InstallMode /S'
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" EstimatedSize ${NEEDED_KB}
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" NoModify 1
  WriteRegDWORD SHCTX "${UNINSTALL_KEY}" NoRepair 1
  ${RefreshShellIcons}
  ${If} ${RebootFlag}
    SetErrorLevel 3010
  ${EndIf}
  Call TakePack
SectionEnd

; A folder of ours is known by the interpreter and the program in it, or by the mark of an interrupted installation.
!macro RemoveBody un except
Function ${un}RemoveEarlier
  FindFirst $0 $1 "$INSTDIR\*.*.*"
  ${DoWhile} $1 != ""
    ${If} $1 != "${except}"
      ${If} ${FileExists} "$INSTDIR\$1\incomplete"
        RMDir /r "$INSTDIR\$1"
      ${ElseIf} ${FileExists} "$INSTDIR\$1\python\*"
      ${AndIf} ${FileExists} "$INSTDIR\$1\program\*"
        RMDir /r "$INSTDIR\$1"
      ${EndIf}
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
FunctionEnd
!macroend
!insertmacro RemoveBody "" "${VERSION}"
!insertmacro RemoveBody "un." ""

Function StartProgram
  ; As the user who sits here, not as the administrator who may have confirmed the setup.
  Exec '"$WINDIR\explorer.exe" "$INSTDIR\@WINDOW@"'
FunctionEnd

Function .onInstFailed
  ; The half-laid version goes, unless it stood here before.
  ${If} ${FileExists} "$INSTDIR\${VERSION}\incomplete"
    SetOutPath "$TEMP"
    RMDir /r "$INSTDIR\${VERSION}"
    RMDir "$INSTDIR"
  ${EndIf}
  MessageBox MB_OK|MB_ICONSTOP "$(FAILED)" /SD IDOK
  SetErrorLevel 1603
FunctionEnd

Function Cancelled
  SetErrorLevel 1602
FunctionEnd

Function un.onInit
  SetRegView 64
  !insertmacro MULTIUSER_UNINIT
FunctionEnd

Section "Uninstall"
  SetRegView 64
  Call un.Look
  ${If} $InUse == 1
    !insertmacro Refuse "$(RUNNING)"
  ${EndIf}
  SetOutPath "$TEMP"
  Call un.RemoveEarlier
  RMDir /r "$INSTDIR\packs"
  Delete "$INSTDIR\bin\@CONSOLE@"
  RMDir "$INSTDIR\bin"
  Delete "$INSTDIR\@WINDOW@"
  Delete "$INSTDIR\@WINDOW@.old"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${LINK}"
  Delete "$DESKTOP\${LINK}"
  ReadRegStr $0 SHCTX "Software\Classes\@SUFFIX@" ""
  ${If} $0 == "${CLASS}"
    DeleteRegKey SHCTX "Software\Classes\@SUFFIX@"
  ${EndIf}
  DeleteRegKey SHCTX "Software\Classes\${CLASS}"
  DeleteRegKey SHCTX "Software\Classes\@SCHEME@"
  DeleteRegKey SHCTX "${UNINSTALL_KEY}"
  ${un.RefreshShellIcons}
  MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(ASK_DATA)" /SD IDNO IDNO kept
  SetShellVarContext current
  RMDir /r "$LOCALAPPDATA\@DATA_FOLDER@"
kept:
SectionEnd
