cwlVersion: v1.2
$graph:
  - id: main
    class: Workflow
    inputs: {word: string}
    outputs:
      said: {type: string, outputSource: say/said}
    steps:
      say: {run: "#say", in: {word: word}, out: [said]}
  - id: other
    class: Workflow
    inputs: {word: string}
    outputs:
      said: {type: string, outputSource: say/said}
    steps:
      say:
        run: "#say"
        in: {word: {source: word, valueFrom: "other $(self)"}}
        out: [said]
    requirements: {StepInputExpressionRequirement: {}}
  - id: say
    class: ExpressionTool
    requirements: {InlineJavascriptRequirement: {}}
    inputs: {word: string}
    outputs: {said: string}
    expression: '${ return {"said": inputs.word + "!"}; }'
