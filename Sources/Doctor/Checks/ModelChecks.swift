internal import JSON

extension Scenario {
    static let models = Scenario("models.list", .get("/v1/models"))
    static let modelAlone = Scenario(
        "models.retrieve", steps: [{ subject, _ in [.get("/v1/models/\(subject.model)")] }])
    static let properties = Scenario("models.defaults", .get("/props"))
    static let unknownModel = Scenario("models.unknown", .get("/v1/models/no-such-model"))
}

extension Check {
    static let models: [Check] = [
        Check(
            "models.list", "the list is an object of the kind list", .must, from: .models,
            why: "clients fill their menus from data[].id"
        ) { evidence in
            let list = try evidence.object(.models)
            try require(list["object"]?.stringValue == "list", "object is not \"list\"")
            try require(list["data"]?.arrayValue?.isEmpty == false, "data is no array with a model")
        },
        Check(
            "models.entries", "each model has id, object, created and owned_by", .must, from: .models,
            why: "typed SDKs require all four"
        ) { evidence in
            for entry in try entries(evidence) {
                try require(entry["id"]?.stringValue?.isEmpty == false, "a model without an id")
                try require(entry["object"]?.stringValue == "model", "object is not \"model\"")
                try require(entry["created"]?.intValue != nil, "created is no whole number")
                try require(entry["owned_by"]?.stringValue != nil, "owned_by is no string")
            }
        },
        Check(
            "models.unique", "no id stands twice", .must, from: .models, why: "menus show each model once"
        ) { evidence in
            let ids = try entries(evidence).compactMap { $0["id"]?.stringValue }
            try require(Set(ids).count == ids.count, "an id stands twice")
        },
        Check(
            "models.created", "created is a time in seconds, and past", .should, from: .models,
            why: "milliseconds show as the year 58000"
        ) { evidence in
            for entry in try entries(evidence) {
                let time = entry["created"]?.intValue ?? 0
                try require(0..<4_000_000_000 ~= time, "created is \(time)")
            }
        },
        Check(
            "models.retrieve", "a model can be asked for by its id", .should, from: .modelAlone,
            why: "clients check a configured name so"
        ) { evidence in
            try require(
                try evidence.object(.modelAlone)["id"]?.stringValue == evidence.subject.model, "another id")
        },
        Check(
            "models.unknown", "an unknown one is a 404", .should, from: .unknownModel,
            why: "a wrong name should be told at once"
        ) { evidence in
            let transcript = try evidence.answer(.unknownModel)
            try require(transcript.status == 404, transcript.refusalComplaint(404...404))
        },
        Check(
            "models.context", "the context's length is told", .extra, complaints: [40], from: .models,
            why: "agents fill a context that they have to guess at otherwise"
        ) { evidence in
            _ = try evidence.object(.models)
            try require(evidence.subject.contextLength != nil, "neither max_model_len nor /props")
        },
        Check(
            "models.defaults", "what replies are drawn with unasked is told", .extra, complaints: [15],
            from: .properties,
            why: "nobody sees otherwise whether the model's own sampling settings are heeded"
        ) { evidence in
            try evidence.offered(.properties)
            let settings = try evidence.object(.properties)["default_generation_settings"]?["params"]
            try require(
                settings?["temperature"]?.doubleValue != nil, "no default_generation_settings.params.temperature")
        },
    ]

    private static func entries(_ evidence: Evidence) throws -> [JSONValue] {
        try evidence.object(.models)["data"]?.arrayValue ?? []
    }
}
