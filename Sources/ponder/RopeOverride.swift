import ArgumentParser
import Foundation
import JSON

/// YaRN's settings as vLLM and SGLang take them, in the text of the flags that they come to.
struct RopeOverride {
    var method: String?
    var factor: String?
    var originalContext: String?

    /// Reads `{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}`.
    ///
    /// - Throws: `ValidationError` where it is none of that: a setting that is passed over would be one that is missed.
    init(scaling text: String, flag: String) throws {
        try self.init(scaling: Self.object(text, flag), flag: flag)
    }

    /// Reads the same as the value of `rope_scaling` or `rope_parameters`.
    init(configuration text: String, flag: String) throws {
        for (key, value) in try Self.object(text, flag) {
            guard ["rope_scaling", "rope_parameters"].contains(key), let scaling = value.objectValue else {
                throw ValidationError("\(flag) takes rope_scaling or rope_parameters, an object, not '\(key)'.")
            }
            try self.init(scaling: scaling, flag: flag)
            return
        }
        throw ValidationError("\(flag) names no setting.")
    }

    private init(scaling: JSONObject, flag: String) throws {
        for (key, value) in scaling {
            switch key {
            case "rope_type", "type":
                guard let method = value.stringValue else { throw Self.unusable(key, flag) }
                self.method = method == "default" ? "none" : method
            case "factor":
                guard let factor = value.doubleValue else { throw Self.unusable(key, flag) }
                self.factor = "\(factor)"
            case "original_max_position_embeddings":
                guard let length = value.intValue else { throw Self.unusable(key, flag) }
                originalContext = "\(length)"
            default:
                throw ValidationError("\(flag) has '\(key)', which only the checkpoint can say.")
            }
        }
        guard method != nil else { throw ValidationError("\(flag) needs a rope_type.") }
    }

    private static func object(_ text: String, _ flag: String) throws -> JSONObject {
        guard let object = try? JSONValue(parsing: Array(text.utf8)).objectValue else {
            throw ValidationError("\(flag) is not a JSON object: \(text)")
        }
        return object
    }

    private static func unusable(_ key: String, _ flag: String) -> ValidationError {
        ValidationError("\(flag) has a '\(key)' of the wrong type.")
    }
}
