cwlVersion: v1.2
class: CommandLineTool
doc: A format that an ontology beside this document says to be a kind of the wanted one.
$namespaces: {ex: "https://example.org/formats#"}
$schemas: [formats.ttl]
inputs:
  scene: {type: File, format: ex:scene}
outputs: {said: stdout}
baseCommand: [wc, -c]
stdin: $(inputs.scene.path)
stdout: said.txt
