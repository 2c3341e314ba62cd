internal import JSON

extension Scenario {
    static let unknownType = structured(
        "structured.unknown-type", format(#"{"type": "object", "properties": {"a": {"type": "nonsense"}}}"#))
    static let unknownFormat = structured("structured.unknown-format", #""response_format": {"type": "xml"}"#)
    static let missingSchema = structured(
        "structured.missing-schema", #""response_format": {"type": "json_schema", "json_schema": {"name": "x"}}"#)
    static let brokenPattern = structured(
        "structured.pattern",
        format(
            #"{"type": "object", "properties": {"a": {"type": "string", "pattern": "^(["}}, "required": ["a"], "additionalProperties": false}"#
        ))
    static let brokenGrammar = structured("structured.broken-grammar", #""grammar": "root ::= (((""#)
    static let impossibleSchema = structured(
        "structured.impossible",
        format(#"{"type": "object", "properties": {"a": false}, "required": ["a"], "additionalProperties": false}"#))
    static let danglingReference = structured(
        "structured.reference",
        format(##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}, "required": ["a"]}"##))
    static let formatText = structured("structured.format-text", #""response_format": "json""#)
}

extension Check {
    static let structuredRefusals: [Check] = [
        refused(
            "structured.unknown-type", "a schema with an unknown type is refused", .must, complaints: [28],
            from: .unknownType, why: "it fails open: 200, and any text"),
        refused(
            "structured.unknown-format", "an unknown format is refused", .must, complaints: [28], from: .unknownFormat,
            why: "the answer is not what was asked for"),
        refused(
            "structured.format-text", "a format that is no object is refused", .must, complaints: [50],
            from: .formatText, why: "a 500 is tried again"),
        refused(
            "structured.missing-schema", "json_schema without a schema is refused", .should, complaints: [28],
            from: .missingSchema, why: "nothing would be held to nothing"),
        refused(
            "structured.pattern", "a pattern that is no expression is refused", .should, complaints: [27, 28],
            from: .brokenPattern, why: "it fails open, or the process dies"),
        refused(
            "structured.reference", "a reference to nothing is refused", .should, complaints: [27, 28],
            from: .danglingReference, why: "it fails open, or the process dies"),
        refused(
            "structured.impossible", "a schema that nothing fulfils is refused", .extra, complaints: [28],
            from: .impossibleSchema, why: "every answer would break it"),
        Check(
            "structured.broken-grammar", "a grammar that is none is refused or warned of", .should,
            complaints: [27, 28],
            from: .brokenGrammar, why: "a crash of the parser takes all requests with it"
        ) { evidence in
            let transcript = try evidence.answer(.brokenGrammar)
            if transcript.status == 200 {
                try require(transcript.json?["warnings"]?.arrayValue?.isEmpty == false, "status 200, without a word")
            } else {
                try evidence.refusal(.brokenGrammar)
            }
        },
    ]

    /// A check that a request gets a status of 4xx.
    static func refused(
        _ id: String, _ title: String, _ level: Level, complaints: [Int] = [], from scenario: Scenario, why: String
    ) -> Check {
        Check(id, title, level, complaints: complaints, from: scenario, why: why) { evidence in
            try evidence.refusal(scenario)
        }
    }
}
