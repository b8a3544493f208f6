"""The workbook as a set of named tables.

columns, named, layout    which sheets, columns and named cells there are; tables -> sheets and back (pure)
file                      the closed workbook: read, write, nothing of the user's lost
build                     the template, from text sources
"""
