cwlVersion: v1.2
class: Workflow
requirements: {InlineJavascriptRequirement: {}, MultipleInputFeatureRequirement: {}}
inputs: {number: int}
outputs:
  skipped: {type: "string?", outputSource: small/said}
  first: {type: string, outputSource: [small/said, large/said], pickValue: first_non_null}
  only: {type: string, outputSource: [small/said, large/said], pickValue: the_only_non_null}
  all: {type: "string[]", outputSource: [small/said, large/said], pickValue: all_non_null}
steps:
  small:
    when: $(inputs.number < 10)
    in: {number: number}
    out: [said]
    run:
      class: ExpressionTool
      inputs: {number: int}
      outputs: {said: string}
      expression: '${ return {"said": "number " + inputs.number}; }'
  large:
    when: $(inputs.number >= 10)
    in: {number: number}
    out: [said]
    run:
      class: ExpressionTool
      inputs: {number: int}
      outputs: {said: string}
      expression: '${ return {"said": "large " + inputs.number}; }'
