cwlVersion: v1.2
class: CommandLineTool
requirements:
  InitialWorkDirRequirement:
    listing:
      - {entryname: settings.ini, entry: "word = $(inputs.word)\n"}
      - {entryname: own.txt, entry: $(inputs.text), writable: true}
      - $(inputs.folder)
  EnvVarRequirement:
    envDef: {WORD: $(inputs.word)}
  ShellCommandRequirement: {}
  ResourceRequirement: {coresMin: 1, coresMax: 1, ramMin: 64}
inputs:
  word: string
  text: File
  folder: Directory
outputs:
  said: {type: stdout}
  own: {type: File, outputBinding: {glob: own.txt}}
  cores: {type: int, outputBinding: {outputEval: $(runtime.cores)}}
arguments:
  - {shellQuote: false, valueFrom: 'cat settings.ini folder/a.txt && echo "$WORD" >> own.txt'}
stdout: said.txt
