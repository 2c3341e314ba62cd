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
        let definitions = [
            .jsonObject,
            try ConstraintDefinition.schema(#"{"properties":{"a":true,"b":true},"maxProperties":1}"#),
            try ConstraintDefinition.schema(
                """
                {"properties":{"a":{"items":true,"minContains":0,"maxContains":3,"contains":{"type":"null"}},
                 "b":{"items":{"enum":[1,2]},"uniqueItems":true},"c":{"prefixItems":[true]}}}
                """),
        ]
        // `_` stands for white space, in each place that JSON has for it.
        let texts = ["{_}", #"{_"a":_[_]_}"#, #"{_"b":_[_1_,_2_]_}"#, #"{_"c":_[_null_]_}"#, #"{_"a":_{_}_}"#]
        for text in texts {
            for definition in definitions where try definition.accepts(text.replacing("_", with: "")) {
                for place in text.indices where text[place] == "_" {
                    func spelled(_ count: Int) -> String {
                        text.indices.map { index in
                            let space = String(repeating: " ", count: index == place ? count : 1)
                            return text[index] == "_" ? space : String(text[index])
                        }.joined()
                    }
                    #expect(try definition.accepts(spelled(8)), "\(spelled(8))")
                    #expect(try !definition.accepts(spelled(9)), "\(spelled(9))")
                }
            }
        }
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
            (
                #"{"patternProperties":{"^n":{"type":"integer"},"x$":{"type":["integer","null"]}},"additionalProperties":false}"#,
                [#"{"n":1,"ax":null,"nx":2}"#, "{}"], [#"{"n":null}"#, #"{"a":1}"#, #"{"nx":null}"#]
            ),
            (
                #"{"properties":{"nx":{"maximum":5}},"patternProperties":{"^n":{"type":"integer"}},"additionalProperties":{"type":"null"}}"#,
                [#"{"nx":2,"n":9,"a":null}"#], [#"{"nx":9}"#, #"{"nx":2.5}"#, #"{"a":1}"#, #"{"n":null}"#]
            ),
            (
                #"{"propertyNames":{"pattern":"^[a-c]+$","maxLength":2},"additionalProperties":true}"#,
                [#"{"a":1,"bc":null}"#], [#"{"abc":1}"#, #"{"d":1}"#]
            ),
            (
                #"{"properties":{"a":{},"b":{},"c":{}},"minProperties":1,"maxProperties":2,"additionalProperties":false}"#,
                [#"{"a":1}"#, #"{"a":1,"c":1}"#, #"{"b":1,"c":1}"#], ["{}", #"{"a":1,"b":1,"c":1}"#]
            ),
            (
                #"{"additionalProperties":{"type":"null"},"minProperties":1,"maxProperties":2}"#,
                [#"{"a":null}"#, #"{"a":null,"b":null}"#], ["{}", #"{"a":null,"b":null,"c":null}"#]
            ),
            (
                #"{"properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]},"additionalProperties":false}"#,
                [#"{"a":1,"b":1}"#, #"{"b":1}"#, "{}"], [#"{"a":1}"#]
            ),
            (
                #"{"properties":{"kind":{"enum":["int","text"]},"v":true},"required":["kind","v"],"if":{"properties":{"kind":{"const":"int"}}},"then":{"properties":{"v":{"type":"integer"}}},"else":{"properties":{"v":{"type":"string"}}}}"#,
                [#"{"kind":"int","v":1}"#, #"{"kind":"text","v":"a"}"#],
                [#"{"kind":"int","v":"a"}"#, #"{"kind":"text","v":1}"#]
            ),
            (#"{"not":{"type":["string","object"]}}"#, ["1", "null", "[]"], [#""a""#, "{}"]),
            (#"{"type":"string","not":{"enum":["a","ab"]}}"#, [#""""#, #""abc""#, #""b""#], [#""a""#, #""ab""#]),
            (#"{"type":"string","not":{"pattern":"a"},"maxLength":2}"#, [#""b""#, #""bc""#], [#""ba""#, #""bcd""#]),
            (#"{"type":"integer","not":{"const":7},"minimum":6}"#, ["6", "8", "77"], ["7", "5"]),
            (#"{"type":"number","not":{"const":2.50}}"#, ["2.51", "2", "-2.5"], ["2.5", "2.500"]),
            (#"{"not":{"required":["a"]},"properties":{"a":{},"b":{}}}"#, [#"{"b":1}"#, "{}"], [#"{"a":1}"#]),
            (
                #"{"oneOf":[{"type":"integer","minimum":5},{"type":"integer","maximum":8}]}"#, ["4", "9"],
                ["5", "6", "8"]
            ),
            (
                #"{"enum":[1,5,"a","bcd",null],"minimum":3,"maxLength":2}"#, ["5", #""a""#, "null"],
                ["1", #""bcd""#]
            ),
            (
                #"{"items":{"type":"integer"},"contains":{"minimum":5},"minContains":2,"maxContains":2}"#,
                ["[5,1,6]", "[1,5,5,1]"], ["[5]", "[5,6,7]", "[1,2]"]
            ),
            (#"{"contains":{"const":1},"maxItems":2}"#, ["[1]", #"["a",1]"#], ["[]", "[2]", "[1,2,1]"]),
            (
                #"{"items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":1}"#,
                [#"["c","a"]"#, #"["b"]"#, #"["c","b","a"]"#], ["[]", #"["a","a"]"#]
            ),
            (
                #"{"items":{"type":"integer","minimum":1,"maximum":50},"uniqueItems":true,"maxItems":2}"#,
                ["[1,7]", "[50]", "[]"], ["[1,1]", "[1,2,3]", "[51]"]
            ),
            (#"{"type":"number","multipleOf":0.25,"maximum":2}"#, ["0.5", "1.75", "2", "-3.250"], ["0.3", "2.25"]),
            (#"{"type":"integer","multipleOf":7,"minimum":10}"#, ["14", "70"], ["7", "15"]),
            (
                #"{"allOf":[{"multipleOf":4},{"multipleOf":6}],"type":"integer"}"#, ["12", "0", "-24"],
                ["4", "6", "18"]
            ),
            (
                #"{"type":"string","pattern":"^[a-z]+$","minLength":2,"maxLength":3}"#, [#""ab""#, #""abc""#],
                [#""a""#, #""abcd""#, #""A1""#]
            ),
            (#"{"type":"string","format":"email","maxLength":9}"#, [#""a@b.co""#], [#""abcdef@b.com""#]),
            (#"{"type":"integer","format":"int32"}"#, ["2147483647"], ["2147483648"]),
            (#"{"type":"string","format":"uri"}"#, [#""https://a.example/b%20c?d=1#e""#], [#""a b""#, #""https://""#]),
        ] as [(String, [String], [String])])
    func `keywords are enforced`(schema: String, valid: [String], invalid: [String]) throws {
        #expect(try ConstraintDefinition.schema(schema).accepted(valid + invalid) == valid)
    }

    @Test(arguments: [
        (#"{"type":"object","patternProperties":{"(?=a)":{}}}"#, #"patternProperties["(?=a)"]"#),
        (#"{"properties":{"a":{"not":{"format":"date"}}}}"#, "properties.a.not.format"),
        (#"{"items":{"uniqueItems":true}}"#, "items.uniqueItems"),
        (#"{"oneOf":[{"type":"string"},{"format":"date"}]}"#, "oneOf"),
        (#"{"unevaluatedProperties":false}"#, "unevaluatedProperties"),
        (#"{"type":"array","not":{"const":[1]}}"#, "not"),
        (#"{"contains":{"type":"null"},"prefixItems":[{}]}"#, "contains"),
        (#"{"contains":{"type":"null"},"maxItems":9999}"#, "contains"),
        (#"{"minProperties":3}"#, "minProperties"),
        (#"{"propertyNames":{"pattern":"(?=a)"}}"#, "propertyNames.pattern"),
        (#"{"type":"integer","format":"date2"}"#, "format"),
        (#"{"$ref":"other.json"}"#, "$ref"),
        (##"{"$ref":"#/$defs/none"}"##, "$ref"),
        (#"{"type":"string","format":"regex"}"#, "format"),
        (#"{"type":"string","pattern":"(?=a)"}"#, "pattern"),
        (#"{"type":"nothing"}"#, "type"),
        (#"{"type":"number","multipleOf":0.0012345}"#, "multipleOf"),
        (#"{"minLength":-1}"#, "minLength"),
        (
            #"{"type":"object","properties":{"x":{"if":{"format":"date"},"then":false}}}"#,
            "properties.x.anyOf[1].not.format"
        ),
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

    @Test func `large counts are counted, not written out`() throws {
        let text = try ConstraintDefinition.schema(#"{"type":"string","minLength":5000,"maxLength":100000000}"#)
        let long = "\"" + String(repeating: "é", count: 5000) + "\""
        #expect(try text.accepted([long, "\"é\""]) == [long])
        let list = try ConstraintDefinition.schema(#"{"items":{"type":"null"},"minItems":3000,"maxItems":3001}"#)
        let nulls = { "[" + Array(repeating: "null", count: $0).joined(separator: ",") + "]" }
        #expect(try list.accepted([2999, 3000, 3001, 3002].map(nulls)) == [3000, 3001].map(nulls))
        let names = (0..<1000).map { "name number \($0)" }
        let choice = try ConstraintDefinition.schema(
            JSONValue.object(["enum": .array(names.map { .string($0) })]).serialized())
        #expect(try choice.accepts("\"name number 999\"") && !choice.accepts("\"name number 1000\""))
        #expect(try choice.grammar().nodes.count < 6000)
        #expect(try text.grammar().nodes.count < 200 && list.grammar().nodes.count < 200)
    }

    @Test func `small schemas that come to very much are refused soon`() throws {
        var conditions = #"{"type":"string","maxLength":5}"#
        var overlaps = conditions
        for length in 1..<14 {
            conditions = #"{"if":\#(conditions),"then":{"minLength":\#(length)},"else":\#(conditions)}"#
            overlaps = #"{"oneOf":[\#(overlaps),{"type":"string","minLength":\#(length)},{"type":"string"}]}"#
        }
        for schema in [conditions, overlaps] {
            #expect(throws: ConstraintError.self) { try ConstraintDefinition.schema(schema).grammar() }
        }
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
