cwlVersion: v1.2
class: Workflow
requirements: {MultipleInputFeatureRequirement: {}, InlineJavascriptRequirement: {}}
inputs:
  left: {type: "string[]", default: [a, b]}
  right: {type: "string[]", default: [c]}
outputs:
  flat: {type: "string[]", outputSource: [left, right], linkMerge: merge_flattened}
  nested: {type: Any, outputSource: [left, right], linkMerge: merge_nested}
  said: {type: string, outputSource: join/said}
steps:
  join:
    in: {words: {source: [left, right], linkMerge: merge_flattened}}
    out: [said]
    run:
      class: ExpressionTool
      inputs: {words: "string[]"}
      outputs: {said: string}
      expression: '${ return {"said": inputs.words.join("+")}; }'
