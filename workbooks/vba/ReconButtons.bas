' What the buttons and the ribbon call. No logic here: each starts one function of recon/ribbon.py,
' which works on this open workbook and writes what happened beside the buttons.
Option Explicit

Public Sub ReconImport()
    StartPython "import_files"
End Sub

Public Sub ReconMatch()
    StartPython "run"
End Sub

Public Sub ReconApply()
    StartPython "apply_decisions"
End Sub

Public Sub ReconPost()
    StartPython "post"
End Sub

Public Sub ReconReports()
    StartPython "reports"
End Sub

Public Sub ReconNewFile()
    StartPython "new_file"
End Sub

Public Sub ReconRefresh()
    StartPython "refresh"
End Sub

Public Sub ReconUndo()
    StartPython "undo"
End Sub

Public Sub ReconSettings()
    StartPython "settings"
End Sub

' The ribbon hands over its button; its id says which macro is meant.
Public Sub ReconRibbon(control As Object)
    Application.Run control.ID
End Sub

Private Sub StartPython(what As String)
    Dim python As String, jobs As String, window As String
    python = ThisWorkbook.Names("recon_python").RefersToRange.Value
    jobs = ThisWorkbook.Names("recon_jobs").RefersToRange.Value
    If python = "" And jobs = "" Then
        Tell "Python is not set up: write the path of python.exe under Set-up, or run: recon excel new"
        Exit Sub
    End If
    window = "0"
    On Error Resume Next
    window = CStr(Application.Hwnd)
    On Error GoTo Failed
    Tell "Starting ..."
    If jobs = "" Then
        Shell """" & python & """ -P -m recon.ribbon " & what & " ""--wb=" & ThisWorkbook.Name & """ --from_xl=1 --hwnd=" & window, vbHide
    Else
        LeaveJob jobs, what, window
    End If
    Exit Sub
Failed:
    Tell "Python could not be started: " & Err.Description
End Sub

' A job file for `recon excel listen`, where Excel may start no program. The workbook's name goes as the codes of its
' letters, since a text file of VBA knows one code page only; the file has its last name when it is whole.
Private Sub LeaveJob(folder As String, what As String, window As String)
    Dim place As String, letters As String, number As Integer, channel As Integer
    For number = 1 To Len(ThisWorkbook.Name)
        letters = letters & AscW(Mid(ThisWorkbook.Name, number, 1)) & " "
    Next number
    place = folder & Application.PathSeparator & "recon-" & CLng(Timer * 100)
    Tell "Waiting for recon excel listen ..."
    channel = FreeFile
    Open place & ".part" For Output As #channel
    Print #channel, what
    Print #channel, letters
    Print #channel, window
    Close #channel
    Name place & ".part" As place & ".job"
End Sub

Private Sub Tell(text As String)
    ThisWorkbook.Names("recon_status").RefersToRange.Value = text
End Sub
