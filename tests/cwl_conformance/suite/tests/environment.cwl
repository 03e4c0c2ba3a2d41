cwlVersion: v1.2
class: CommandLineTool
hints: {EnvVarRequirement: {envDef: {WORD: from the tool}}, WorkReuse: {enableReuse: false}, NetworkAccess: {networkAccess: false}}
requirements: {ToolTimeLimit: {timelimit: 60}, ShellCommandRequirement: {}}
inputs: []
outputs: {said: stdout}
baseCommand: [sh, -c, 'echo "$WORD"']
stdout: said.txt
