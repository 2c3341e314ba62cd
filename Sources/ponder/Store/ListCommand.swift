import ArgumentParser
import Foundation
import JSON
import ModelHub
import Terminal

/// `ponder list`: the models on this machine.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the models that are here.",
        discussion: """
            Those that 'ponder pull' fetched, and those that other programs keep in Hugging Face's cache, in ModelScope's and \
            in LM Studio's folder: all of them can be served by the names that are listed.

            EXAMPLES:
              ponder list
              ponder list --json
            """,
        aliases: ["ls"]
    )

    @Flag(help: "As one JSON array.")
    var json = false

    func run() throws {
        let models = ModelLocator(environment: ProcessInfo.processInfo.environment).library.models()
        print(json ? JSONValue.array(models.map(Self.object)).serialized(.spaced) : Self.table(models))
    }

    private static func object(_ model: StoredModel) -> JSONValue {
        [
            "name": .string(model.name), "format": .string("\(model.format)"), "size": .number(model.byteCount),
            "modified": .string(time(model).formatted(.iso8601)), "commit": model.commit.map(JSONValue.string) ?? .null,
            "path": .string(model.path), "place": .string(model.place.rawValue),
        ]
    }

    private static func table(_ models: [StoredModel]) -> String {
        guard !models.isEmpty else { return "No models are here yet; 'ponder pull Qwen/Qwen3-0.6B' fetches one." }
        let rows = models.map { model in
            [
                model.name, "\(ByteCount(model.byteCount))", "\(model.format)",
                time(model).formatted(.iso8601.year().month().day()), model.place.rawValue,
            ].map(SafeText.line)
        }
        let all = [["NAME", "SIZE", "FORMAT", "MODIFIED", "WHERE"]] + rows
        let widths = all[0].indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func time(_ model: StoredModel) -> Date {
        Date(timeIntervalSince1970: Double(model.modificationTime))
    }
}
