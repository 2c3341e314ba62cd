import ArgumentParser
import Foundation

/// `ponder serve`: loads a model and answers HTTP requests until told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Serve a model.")
    @OptionGroup var options: ServeOptions
    func run() async throws {
        let loader = try SettingsLoader(options: options, environment: ProcessInfo.processInfo.environment)
        let settings = try loader.load()
        print(settings)
    }
}
