REM What a person does with the workbook in Calc: decide, sort, delete rows, save as .ods, open that again and save it as .xlsx.
REM cells: a line for each cell: hash, column letter ("drop": the row goes), text; between tabs.
Function Load(path As String)
	Dim hidden(0) As New com.sun.star.beans.PropertyValue
	hidden(0).Name = "Hidden"
	hidden(0).Value = True
	Load = StarDesktop.loadComponentFromURL(ConvertToURL(path), "_blank", 0, hidden())
End Function

Sub Store(doc, path As String, filter As String)
	Dim how(0) As New com.sun.star.beans.PropertyValue
	how(0).Name = "FilterName"
	how(0).Value = filter
	doc.storeToURL(ConvertToURL(path), how())
	doc.close(True)
End Sub

Function ColumnOf(sheet, heading As String, columns As Long) As Long
	Dim c As Long
	ColumnOf = -1
	For c = 0 To columns
		If sheet.getCellByPosition(c, 0).String = heading Then ColumnOf = c
	Next c
End Function

Sub Sort(sheet, columns As Long, rows As Long)
	Dim field(0) As New com.sun.star.table.TableSortField
	Dim how(1) As New com.sun.star.beans.PropertyValue
	field(0).Field = 0
	field(0).IsAscending = False
	how(0).Name = "SortFields"
	how(0).Value = field()
	how(1).Name = "ContainsHeader"
	how(1).Value = True
	sheet.getCellRangeByPosition(0, 0, columns, rows).sort(how())
End Sub

Sub Decide(source As String, cells As String, ods As String, xlsx As String)
	Dim part, text As String, hash As String
	Dim wanted(5000) As String, n As Long, i As Long, r As Long, f As Integer, at As Long
	f = FreeFile
	Open cells For Input As f
	Do While Not EOF(f)
		Line Input #f, text
		If Len(text) > 0 Then
			wanted(n) = text
			n = n + 1
		End If
	Loop
	Close f
	doc = Load(source)
	For Each sheet In doc.Sheets
		cursor = sheet.createCursor()
		cursor.gotoEndOfUsedArea(False)
		last = cursor.RangeAddress.EndRow
		columns = cursor.RangeAddress.EndColumn
		key = ColumnOf(sheet, "rejoin:hash", columns)
		If key >= 0 And last > 0 Then
			For r = last To 1 Step -1
				hash = sheet.getCellByPosition(key, r).String
				For i = 0 To n - 1
					part = Split(wanted(i), Chr(9))
					If part(0) = hash Then
						If part(1) = "drop" Then
							sheet.Rows.removeByIndex(r, 1)
							Exit For
						End If
						at = Asc(part(1)) - 65
						REM as it is typed: a number is one
						sheet.getCellByPosition(at, r).setFormula(part(2))
					End If
				Next i
			Next r
			Sort(sheet, columns, last)
		End If
	Next sheet
	Store(doc, ods, "calc8")
	Store(Load(ods), xlsx, "Calc MS Excel 2007 XML")
	StarDesktop.terminate()
End Sub
