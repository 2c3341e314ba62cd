import ArgumentParser
import Foundation
import JSON
import ModelHub
import Models
import Terminal

/// `ponder list`: the models on this machine.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the models that are here.",
        discussion: """
            Those that 'ponder pull' fetched, and those that other programs keep in Hugging Face's cache, in ModelScope's and \
            in LM Studio's folder: all of them can be served by the names that are listed. Below a model stand its weights \
            that --quantize keeps for the next start; those of models that were served by a path come last.

            EXAMPLES:
              ponder list
              ponder list --json
            """,
        aliases: ["ls"]
    )

    @Flag(help: "As one JSON array.")
    var json = false

    func run() throws {
        let library = ModelLocator(environment: ProcessInfo.processInfo.environment).library
        let models = library.models()
        let copies = QuantizedCopies(settings: library.settings)
        guard json else { return print(Self.table(models, copies)) }
        let objects = models.map { Self.object($0, copies.of($0.path)) }
        print(JSONValue.array(objects + Self.strays(copies.others(than: models))).serialized(.spaced))
    }

    private static func object(_ model: StoredModel, _ copies: [QuantizedCopy]) -> JSONValue {
        [
            "name": .string(model.name), "format": .string("\(model.format)"), "size": .number(model.byteCount),
            "modified": .string(time(model.modificationTime).formatted(.iso8601)),
            "commit": model.commit.map(JSONValue.string) ?? .null,
            "path": .string(model.path), "place": .string(model.place.rawValue),
            "quantized": .array(copies.map(\.json)),
        ]
    }

    /// Of models that the store does not have: their weights alone.
    private static func strays(_ copies: [QuantizedCopy]) -> [JSONValue] {
        copies.map { copy in
            [
                "name": .string(QuantizedCopies.name(of: copy)), "format": "quantized", "size": .number(copy.byteCount),
                "modified": .string(time(copy.modificationTime).formatted(.iso8601)), "commit": .null,
                "path": .string(copy.path), "place": .string(place), "quantized": .array([copy.json]),
            ]
        }
    }

    private static let place = "kept by --quantize"

    private static func table(_ models: [StoredModel], _ copies: QuantizedCopies) -> String {
        let strays = copies.others(than: models)
        guard !models.isEmpty || !strays.isEmpty else {
            return "No models are here yet; 'ponder pull Qwen/Qwen3-0.6B' fetches one."
        }
        func row(_ name: String, _ copy: QuantizedCopy) -> [String] {
            [name, "\(ByteCount(copy.byteCount))", copy.recipe, day(copy.modificationTime), place]
        }
        let rows =
            models.flatMap { model in
                [
                    [
                        model.name, "\(ByteCount(model.byteCount))", "\(model.format)", day(model.modificationTime),
                        model.place.rawValue,
                    ]
                ] + copies.of(model.path).map { row("  as \($0.recipe)", $0) }
            } + strays.map { row(QuantizedCopies.name(of: $0), $0) }
        let all = [["NAME", "SIZE", "FORMAT", "MODIFIED", "WHERE"]] + rows.map { $0.map(SafeText.line) }
        let widths = all[0].indices.map { column in all.map { TextWidth.of($0[column]) }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - TextWidth.of(cell))
                return column == row.count - 1 ? cell : cell + space
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func time(_ seconds: Int) -> Date { Date(timeIntervalSince1970: Double(seconds)) }

    private static func day(_ seconds: Int) -> String { time(seconds).formatted(.iso8601.year().month().day()) }
}
