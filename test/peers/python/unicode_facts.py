# Says what this Python knows of Unicode, as JSON: the version, the ranges of code points without a character (category
# Cn), and the upper case of every code point that has another than itself.
import json
import sys
import unicodedata

unassigned, upper = [], {}
for point in range(sys.maxunicode + 1):
    if 0xD800 <= point <= 0xDFFF:
        continue
    character = chr(point)
    if character.upper() != character:
        upper[point] = character.upper()
    if unicodedata.category(character) == 'Cn':
        if unassigned and unassigned[-1][1] == point - 1:
            unassigned[-1][1] = point
        else:
            unassigned.append([point, point])
print(json.dumps({'version': unicodedata.unidata_version, 'unassigned': unassigned, 'upper': upper}))
