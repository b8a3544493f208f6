"""The workbook as a set of named tables.

columns, named, layout    which sheets, columns and named cells there are; tables -> sheets and back (pure)
file                      the closed workbook: read, write, nothing of the user's lost
live                      the open workbook, through xlwings (body: its cells' values; patience: a busy Excel)
build                     the template, from text sources
"""
