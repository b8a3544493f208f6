"""The workbook as a set of named tables.

columns, named, layout    which sheets, columns and named cells there are; tables -> sheets and back (pure)
documents                 ids told as the documents that people know (pure)
file                      the closed workbook: read, write, nothing of the user's lost (rewrite: one table, in slices)
live                      the open workbook, through xlwings (body: its cells' values; areas: blocks of cells;
                          patience: a busy Excel; undo: the sheets before the last button)
ours, carry, filters, ranges, notes, formulas, lost
                          whose a column is, and what goes with which row
build                     the template, from text sources
"""
