import JSON
import Testing

@testable import ConstrainedDecoding

@Suite struct SchemaTests {
    @Test func `whole numbers keep to their limits`() throws {
        let cases: [(schema: String, range: ClosedRange<Int>, isValid: (Int) -> Bool)] = [
            (#"{"type":"integer","minimum":-12,"maximum":250}"#, -400...400, { (-12...250).contains($0) }),
            (#"{"type":"integer","exclusiveMinimum":7}"#, -50...2000, { $0 > 7 }),
            (#"{"type":"integer","maximum":-7.5}"#, -2000...50, { $0 < -7 }),
            (#"{"type":"integer","minimum":99,"exclusiveMaximum":1001}"#, 0...1200, { (99...1000).contains($0) }),
            (#"{"type":"integer","multipleOf":7}"#, -300...300, { $0 % 7 == 0 }),
            (
                #"{"type":"integer","multipleOf":6,"minimum":-20,"maximum":20}"#, -40...40,
                { $0 % 6 == 0 && abs($0) <= 20 }
            ),
            (#"{"type":"number","minimum":0.5,"maximum":20}"#, -5...30, { (1...20).contains($0) }),
        ]
        for (schema, range, isValid) in cases {
            let texts = range.map(String.init)
            let valid = range.filter(isValid).map(String.init)
            #expect(try ConstraintDefinition.schema(schema).accepted(texts) == valid, "\(schema)")
        }
    }

    @Test(arguments: [(-1.5, 2.25), (0.125, 0.5), (-3.0, -1.25), (0.0, 10.0), (-0.5, 0.0), (9.5, 1000.75)])
    func `decimal numbers keep to their limits`(low: Double, high: Double) throws {
        for (below, above) in [("minimum", "maximum"), ("exclusiveMinimum", "exclusiveMaximum")] {
            let schema = #"{"type":"number","\#(below)":\#(low),"\#(above)":\#(high)}"#
            let numbers = (-500...1300).map { Double($0) * 0.0625 }
            let valid = numbers.filter { number in
                below == "minimum" ? number >= low && number <= high : number > low && number < high
            }
            let accepted = try ConstraintDefinition.schema(schema).accepted(numbers.map { "\($0)" })
            #expect(accepted == valid.map { "\($0)" }, "\(schema)")
        }
    }

    @Test func `members come in their order, optional ones or not`() throws {
        let definition = try ConstraintDefinition.schema(
            ##"""
            {"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"},"c":{"type":"null"}},
             "required":["b"],"additionalProperties":false}
            """##)
        let valid = [
            #"{"b":true}"#, #"{"a":1,"b":false}"#, #"{"b":true,"c":null}"#, "{ \"a\": 1 ,\n \"b\": true, \"c\": null }",
        ]
        let invalid = [
            "{}", #"{"a":1}"#, #"{"b":true,"a":1}"#, #"{"b":true,}"#, #"{"b":1}"#, #"{"b":true,"d":1}"#,
            #"{"b":true}}"#,
            #"{"b":true"#, " {\"b\":true}",
        ]
        #expect(try definition.accepted(valid + invalid) == valid)
    }

    @Test func `undeclared members never spell a declared one`() throws {
        let definition = try ConstraintDefinition.schema(
            #"{"properties":{"ab":{"type":"integer"},"abc":{"type":"integer"}},"additionalProperties":{"type":"string"}}"#
        )
        let valid = [#"{"ab":1,"a":"x"}"#, #"{"abd":"x"}"#, #"{"":"x"}"#, #"{"abc":1,"abcd":"x","é":"y"}"#, "{}"]
        let invalid = [#"{"ab":"x"}"#, #"{"abc":"x"}"#, #"{"a\u0062":"x"}"#, #"{"a":1}"#]
        #expect(try definition.accepted(valid + invalid) == valid)
    }

    @Test func `white space is bounded`() throws {
        let definition = ConstraintDefinition.jsonObject
        #expect(try definition.accepts("{" + String(repeating: " ", count: 8) + "}"))
        #expect(try !definition.accepts("{" + String(repeating: " ", count: 17) + "}"))
    }

    @Test func `schemas may refer to themselves`() throws {
        let definition = try ConstraintDefinition.schema(
            ##"""
            {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/node"},
             {"type":"null"}]}},"required":["next"]}}}
            """##)
        var text = #"{"next":null}"#
        for _ in 0..<200 {
            text = #"{"next":"# + text + "}"
        }
        #expect(try definition.accepted([text, text + "}", #"{"next":1}"#]) == [text])
    }

    @Test func `both schemas of allOf hold`() throws {
        let definition = try ConstraintDefinition.schema(
            ##"""
            {"allOf":[{"$ref":"#/$defs/named"},{"properties":{"age":{"type":"integer","minimum":0}},"required":["age"]}],
             "$defs":{"named":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}}}
            """##)
        let valid = #"{"age":3,"name":"x"}"#
        let others = [#"{"age":3}"#, #"{"name":"x"}"#, #"{"age":-3,"name":"x"}"#]
        #expect(try definition.accepted(others + [valid]) == [valid])
    }

    @Test(
        arguments: [
            (
                #"{"type":"string","minLength":2,"maxLength":3}"#, [#""ab""#, #""é\n\u00e9""#, #""😀\ud83d\ude00""#],
                [#""a""#, #""abcd""#, #""\ud83d""#]
            ),
            (#"{"type":"string","pattern":"^a+\"$"}"#, [#""aa\"""#], [#""aa""#, #""a""""#]),
            (#"{"type":"string","pattern":"b"}"#, [#""abc""#, #""b""#], [#""ac""#]),
            (#"{"enum":["x",1,null,{"a":[1]}]}"#, [#""x""#, "1", "null", #"{"a":[1]}"#], ["2", #""y""#]),
            (
                #"{"type":"string","format":"date"}"#, [#""2024-02-29""#, #""2023-12-31""#],
                [#""2023-02-29""#, #""2023-04-31""#, #""1900-02-29""#]
            ),
            (#"{"type":"string","format":"ipv4"}"#, [#""1.2.3.255""#], [#""1.2.3.256""#, #""1.2.3""#]),
            (#"{"type":["string","null"]}"#, [#""""#, "null"], ["1"]),
            (
                #"{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}"#, ["[1]", "[1, 2,3]"],
                ["[]", "[1,2,3,4]", "[1,]"]
            ),
            (
                #"{"prefixItems":[{"type":"integer"},{"type":"null"}],"items":{"type":"boolean"},"minItems":1}"#,
                ["[1]", "[1,null]", "[1,null,true,true]"], ["[]", "[null]", "[1,true]"]
            ),
            (#"{"prefixItems":[{"type":"integer"}],"maxItems":0}"#, ["[]"], ["[1]"]),
            (#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#, [#""a""#, "4"], ["null"]),
            (
                #"{"type":"object","additionalProperties":{"type":"integer"}}"#, ["{}", #"{"a":1,"b\n":2}"#],
                [#"{"a":null}"#]
            ),
            (#"{"required":["a"]}"#, [#"{"a":[1,{}],"b":2}"#, #"{"a":1}"#], ["{}", "[]"]),
            ("true", ["1", "{}", #"[{"a":[]}]"#], ["", "[1,]"]),
        ] as [(String, [String], [String])])
    func `keywords are enforced`(schema: String, valid: [String], invalid: [String]) throws {
        #expect(try ConstraintDefinition.schema(schema).accepted(valid + invalid) == valid)
    }

    @Test(arguments: [
        (#"{"type":"object","patternProperties":{"a":{}}}"#, "patternProperties"),
        (#"{"properties":{"a":{"not":{}}}}"#, "properties.a.not"),
        (#"{"items":{"uniqueItems":true}}"#, "items.uniqueItems"),
        (#"{"oneOf":[{"type":"string"},{"maxLength":3}]}"#, "oneOf"),
        (#"{"$ref":"other.json"}"#, "$ref"),
        (##"{"$ref":"#/$defs/none"}"##, "$ref"),
        (#"{"type":"string","format":"regex"}"#, "format"),
        (#"{"type":"string","pattern":"(?=a)"}"#, "pattern"),
        (#"{"type":"nothing"}"#, "type"),
        (#"{"type":"number","multipleOf":0.1}"#, "multipleOf"),
        (#"{"minLength":-1}"#, "minLength"),
        (#"{"type":"object","properties":{"x":{"if":{}}}}"#, "properties.x.if"),
    ])
    func `what cannot be enforced is refused by name`(schema: String, place: String) throws {
        let error = #expect(throws: ConstraintError.self) { try ConstraintDefinition.schema(schema).grammar() }
        #expect(error?.place == place.replacing("$ref", with: #"["$ref"]"#))
        #expect(error?.message.contains(place.split(separator: ".").last ?? "?") == true)
    }

    @Test(arguments: [
        "false", #"{"enum":[]}"#, ##"{"$ref":"#"}"##, ##"{"properties":{"a":{"$ref":"#"}},"required":["a"]}"##,
        #"{"type":"integer","minimum":3,"maximum":2}"#, #"{"type":"object","properties":{"a":false},"required":["a"]}"#,
        ##"{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
    ])
    func `a schema that nothing fits is refused`(schema: String) throws {
        #expect(throws: ConstraintError.self) { try ConstraintDefinition.schema(schema).grammar() }
    }

    @Test func `size and depth have limits`() throws {
        var deep = #"{"type":"integer"}"#
        for _ in 0..<100 {
            deep = #"{"items":"# + deep + "}"
        }
        #expect(throws: ConstraintError.self) { try ConstraintDefinition.schema(deep).grammar() }
        let large = #"{"items":{"items":{"type":"null"},"minItems":10000,"type":"array"},"minItems":10000}"#
        #expect(throws: Never.self) { try ConstraintDefinition.schema(large).grammar() }
        let wide = #"{"type":"string","pattern":"^(((a?){1000}){1000}){1000}$"}"#
        #expect(throws: ConstraintError.self) { try ConstraintDefinition.schema(wide).grammar() }
    }
}
