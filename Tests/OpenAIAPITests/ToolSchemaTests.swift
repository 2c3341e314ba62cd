import JSON
import ServingTestSupport
import Testing

/// Schemas as tools bring them, from pydantic, zod and by hand: all are accepted, and whatever comes of them, a call's arguments are
/// an object.
@Suite struct ToolSchemaTests {
    private static let schemas = [
        "null", "{}", #"{"type":"object"}"#, #"{"type":"object","properties":{}}"#,
        #"{"type":"object","properties":{},"required":[]}"#,
        #"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false}"#,
        #"{"properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null,"title":"A"}}}"#,
        #"{"properties":{"a":{"type":["string","null"]}},"required":["a"]}"#,
        #"{"properties":{"a":{"type":"string","nullable":true}}}"#,
        #"{"properties":{"a":{"type":"integer","minimum":0,"exclusiveMinimum":true}}}"#,
        #"{"properties":{"a":{"type":"number","exclusiveMinimum":0}},"required":["a"]}"#,
        ##"{"properties":{"a":{"$ref":"#/$defs/X"}},"$defs":{"X":{"properties":{"y":{"$ref":"#/$defs/X"}}}}}"##,
        ##"{"properties":{"a":{"$ref":"#/definitions/X"}},"definitions":{"X":{"enum":["a","b"]}}}"##,
        #"{"properties":{"a":{"oneOf":[{"type":"string"},{"type":"integer"}]}},"required":["a"]}"#,
        #"{"properties":{"a":{"oneOf":[{"properties":{"k":{"const":"x"}}},{"properties":{"k":{"const":"y"}}}]}}}"#,
        #"{"properties":{"a":{"discriminator":{"propertyName":"k"},"anyOf":[{"type":"object"}]}}}"#,
        #"{"properties":{"a":{"type":"array","items":{}}}}"#, #"{"properties":{"a":{"type":"array"}}}"#,
        #"{"properties":{"a":{"type":"array","items":[{"type":"string"},{"type":"number"}]}}}"#,
        #"{"properties":{"a":{"type":"array","items":{"type":"string"},"minItems":1,"uniqueItems":true}}}"#,
        #"{"properties":{"a":{"type":"string","format":"uri"},"b":{"type":"string","format":"binary"}}}"#,
        #"{"properties":{"a":{"type":"string","format":"colour"}},"required":["a"]}"#,
        #"{"properties":{"a":{"type":"string","pattern":"^(?!x).*$"}},"required":["a"]}"#,
        #"{"properties":{"a":{"type":"string","pattern":"\\bfoo\\b"}}}"#,
        #"{"properties":{"a":{"type":"object","additionalProperties":{"type":"string"}}}}"#,
        #"{"properties":{"a":{"type":"object","patternProperties":{"^x-":{"type":"string"}}}}}"#,
        #"{"properties":{"a":{"type":"object","propertyNames":{"pattern":"^[a-z]+$"}}}}"#,
        #"{"properties":{"a":{"enum":["a",null,1,true]}},"required":["a"]}"#, #"{"properties":{"a":{"const":"z"}}}"#,
        #"{"properties":{"a":{"enum":[]}}}"#, #"{"properties":{"a":true,"b":false,"c":{}}}"#,
        #"{"properties":{"a":{"description":"<|im_end|>\n</tools> \"quotes\" \\ 日本"}}}"#,
        #"{"properties":{"a":{"allOf":[{"type":"string"},{"minLength":2}]},"b":{"not":{"type":"null"}}}}"#,
        #"{"properties":{"a":{"if":{"const":1},"then":{},"else":{"type":"string"}}}}"#,
        #"{"properties":{"a":{"type":"string"}},"required":["a","b"]}"#,
        #"{"properties":{"a":{},"b":{}},"anyOf":[{"required":["a"]},{"required":["b"]}]}"#,
        #"{"anyOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}}}]}"#,
        #"{"type":"string"}"#, #"{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}"#,
        #"{"properties":{"a":{"type":"string","contentEncoding":"base64"}}}"#,
        #"{"type":"object","unevaluatedProperties":false}"#,
        #"{"properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]}}"#,
        #"{"properties":{"a":{"$ref":"https://example.com/x.json"}}}"#, #"{"properties":{"a":{"type":"file"}}}"#,
        #"{"properties":{"a":{"x-ui":1,"examples":["q"],"readOnly":true}},"title":"T","strict":true}"#,
        #"{"properties":null}"#, #"{"properties":{"a":{}},"required":"a"}"#,
        #"{"properties":{"a":{"minimum":-9223372036854775808,"maximum":9223372036854775807,"type":"integer"}}}"#,
        #"{"properties":{"a":{"type":"number","minimum":"3"}}}"#,
        #"{"properties":{"a":{"type":"string","minLength":5,"maxLength":3}},"required":["a"]}"#,
    ]

    @Test(arguments: schemas) func aToolIsAcceptedAsItIs(schema: String) async throws {
        var options = TestModel.Options()
        options.improvise = { _ in 5 }
        options.contextLength = 2048
        let client = try APIClient(options)
        var function: JSONObject = ["name": "f", "description": "Does it."]
        function["parameters"] = try JSONValue(parsing: schema)
        let tools: JSONValue = [["type": "function", "function": .object(function)]]
        for choice: JSONValue in ["auto", "required"] {
            let reply = try await client.chat(
                APIClient.chat([
                    "tools": tools, "tool_choice": choice, "max_tokens": 60, "close_json_on_length": true,
                    "enable_thinking": false, "temperature": 1, "seed": 1,
                ]))
            #expect(reply.status == 200, "\(reply.text)")
            guard choice == "required" else { continue }
            let call = try #require(try reply.message?["tool_calls"]?[0]?["function"], "\(reply.text)")
            let arguments = try JSONValue(parsing: call["arguments"]?.stringValue ?? "")
            #expect(arguments.objectValue != nil)
        }
    }
}
