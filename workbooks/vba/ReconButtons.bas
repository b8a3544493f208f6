' What the buttons and the ribbon call. No logic here: each starts one function of recon/ribbon.py,
' which works on this open workbook and writes what happened beside the buttons.
Option Explicit

Public Sub ReconMatch()
    StartPython "run"
End Sub

Public Sub ReconApply()
    StartPython "apply_decisions"
End Sub

Public Sub ReconPost()
    StartPython "post"
End Sub

Public Sub ReconRefresh()
    StartPython "refresh"
End Sub

' The ribbon hands over its button; its id says which macro is meant.
Public Sub ReconRibbon(control As Object)
    Application.Run control.ID
End Sub

Private Sub StartPython(what As String)
    Dim python As String, window As String
    python = ThisWorkbook.Names("recon_python").RefersToRange.Value
    If python = "" Then
        Tell "Python is not set up: write the path of python.exe under Set-up, or run: recon excel new"
        Exit Sub
    End If
    window = "0"
    On Error Resume Next
    window = CStr(Application.Hwnd)
    On Error GoTo Failed
    Tell "Starting ..."
    Shell """" & python & """ -m recon.ribbon " & what & " ""--wb=" & ThisWorkbook.Name & """ --from_xl=1 --hwnd=" & window, vbHide
    Exit Sub
Failed:
    Tell "Python could not be started: " & Err.Description
End Sub

Private Sub Tell(text As String)
    ThisWorkbook.Names("recon_status").RefersToRange.Value = text
End Sub
