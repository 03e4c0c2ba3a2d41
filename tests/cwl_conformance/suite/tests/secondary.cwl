cwlVersion: v1.2
class: CommandLineTool
doc: The secondary files of the input are named by a suffix, a pattern and an expression.
$namespaces: {ex: "https://example.org/formats#"}
requirements: {InlineJavascriptRequirement: {}, ShellCommandRequirement: {}}
inputs:
  scene:
    type: File
    format: ex:scene
    secondaryFiles:
      - .aux
      - ^.hdr
      - {pattern: '$(self.nameroot).extra', required: true}
      - {pattern: .absent, required: false}
    inputBinding: {valueFrom: $(self.path).aux}
outputs:
  copied:
    type: File
    format: ex:scene
    secondaryFiles: [.aux, "^.hdr?"]
    outputBinding: {glob: copy.img}
arguments:
  - {position: 1, valueFrom: copy.img.aux}
  - {position: 2, shellQuote: false, valueFrom: "&& cp $(inputs.scene.path) copy.img && ls $(inputs.scene.dirname)"}
baseCommand: cp
stdout: names.txt
