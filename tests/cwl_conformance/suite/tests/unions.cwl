cwlVersion: v1.2
class: ExpressionTool
requirements: {InlineJavascriptRequirement: {}}
inputs:
  number: [int, string]
  text: [int, string]
  list: [string, "string[]"]
  maybe: "boolean?"
  wide: long
  exact: double
  anything: Any
outputs:
  kinds: "string[]"
  none: "boolean?"
  same: Any
expression: |
  ${ var kind = function (x) { return x === null ? "null" : Array.isArray(x) ? "list" : typeof x; };
     return {"kinds": ["number", "text", "list", "maybe", "wide", "exact", "anything"].map(
               function (name) { return kind(inputs[name]); }),
             "none": inputs.maybe, "same": inputs.anything}; }
