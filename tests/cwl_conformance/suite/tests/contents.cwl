cwlVersion: v1.2
class: ExpressionTool
requirements: {InlineJavascriptRequirement: {}}
inputs:
  text: {type: File, loadContents: true}
outputs:
  number: int
  written: File
expression: |
  ${ return {"number": inputs.text.contents.length,
             "written": {"class": "File", "basename": "written.txt", "contents": inputs.text.contents + "more\n"}}; }
