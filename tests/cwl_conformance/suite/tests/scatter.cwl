cwlVersion: v1.2
class: Workflow
requirements:
  ScatterFeatureRequirement: {}
  StepInputExpressionRequirement: {}
  InlineJavascriptRequirement: {}
inputs:
  letters: {type: "string[]", default: [a, b]}
  digits: {type: "string[]", default: ["1", "2"]}
outputs:
  dot: {type: "string[]", outputSource: dot/joined}
  flat: {type: "string[]", outputSource: flat/joined}
  nested: {type: {type: array, items: {type: array, items: string}}, outputSource: nested/joined}
  files: {type: "File[]", outputSource: files/said}
steps:
  dot:
    scatter: [letter, digit]
    scatterMethod: dotproduct
    in: {letter: letters, digit: digits}
    out: [joined]
    run: "join.cwl"
  flat:
    scatter: [letter, digit]
    scatterMethod: flat_crossproduct
    in: {letter: letters, digit: digits}
    out: [joined]
    run: "join.cwl"
  nested:
    scatter: [letter, digit]
    scatterMethod: nested_crossproduct
    in: {letter: letters, digit: digits}
    out: [joined]
    run: "join.cwl"
  files:
    scatter: words
    in: {words: {source: letters, valueFrom: "${ return [self]; }"}}
    out: [said]
    run: echo-v1.0.cwl
