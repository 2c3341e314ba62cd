import Foundation
import ModelHub
import Models

/// Where weights that were quantised are kept for the next start.
enum QuantizedPlace: Equatable, Sendable {
    /// In Ponder's folder among the user's caches.
    case automatic
    case nowhere
    case folder(String)

    /// `auto`, `off` or a path; nil for none of them.
    init?(_ text: String) {
        switch text {
        case "auto", "on", "true": self = .automatic
        case "off", "false": self = .nowhere
        case "": return nil
        default: self = .folder(text)
        }
    }

    /// The cache, for what is to become of the weights; nil where nothing is kept.
    func cache(
        for quantization: Quantization, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> QuantizedCache? {
        guard quantization.quantizesFloats else { return nil }
        switch self {
        case .automatic: return QuantizedCache(folder: HubSettings(environment: environment).quantizedFolder)
        case .nowhere: return nil
        case .folder(let path): return QuantizedCache(folder: path)
        }
    }
}
