cwlVersion: v1.2
class: ExpressionTool
requirements: {InlineJavascriptRequirement: {}}
inputs: {letter: string, digit: string}
outputs: {joined: string}
expression: '${ return {"joined": inputs.letter + inputs.digit}; }'
