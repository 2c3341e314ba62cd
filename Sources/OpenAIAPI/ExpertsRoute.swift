internal import APIDoors
internal import Engine
internal import HTTP
internal import JSON
internal import Models
internal import Serving

/// `GET /experts`: which experts the tokens of each model in memory went to, layer by layer.
struct ExpertsRoute: Sendable {
    let service: InferenceService

    static let description = RouteDescription(
        "How many tokens each expert had, of the models in memory.",
        response: [
            "object": .string,
            "data": .array([
                "model": .string, "expert_count": .integer,
                "layers": .array(["layer": .integer, "tokens": .array(.integer)]),
            ]),
        ])

    func answer(_ request: DoorRequest) -> DoorAnswer {
        .json(["object": "list", "data": .array(service.registry.models.map(Self.body))])
    }

    /// A dense model has no layers here.
    private static func body(of model: ServedModel) -> JSONValue {
        let layers = model.engine.expertUse.map { (index: $0.layer, tokens: $0.tokenCounts) }
        return [
            "model": .string(model.name), "expert_count": .number(layers.first?.tokens.count ?? 0),
            "layers": .array(
                layers.map { layer in
                    [
                        "layer": .number(layer.index),
                        "tokens": .array(layer.tokens.map { count in .number(count) }),
                    ]
                }),
        ]
    }
}
