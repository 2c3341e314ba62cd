internal import APIDoors
internal import JSON
internal import Models
internal import Serving

extension ModelDescription {
    /// The contexts that requests can run in, and the factor of YaRN in each: what `rope_factor` may be.
    var contextWindows: JSONValue {
        .array(windows.map { ["yarn_factor": .number($0.factor), "max_model_len": .number($0.length)] })
    }
}

extension JSONShape {
    /// The context windows of a model.
    static let contextWindows: JSONShape = .array(["yarn_factor": .number, "max_model_len": .integer])
}
