cwlVersion: v1.2
class: CommandLineTool
inputs:
  text:
    type: File
    format: https://example.org/formats#text
    default:
      class: File
      basename: given.txt
      contents: "12345\n"
      format: https://example.org/formats#text
    inputBinding: {}
outputs: {said: stdout}
baseCommand: cat
stdout: said.txt
