import Dispatch
import Engine
import Models
import Sampling
import TestSupport
import Tokens

/// A token's bytes are its number as text, and a space: token 12 is "12 ".
struct NumberBytes: TokenByteSource {
    func appendBytes(of token: TokenID, to bytes: inout [UInt8]) {
        bytes += Array("\(token.rawValue) ".utf8)
    }
}

/// Everything that a generation told its reader.
struct Collected: Equatable {
    var tokens: [SampledToken] = []
    var promptLogProbabilities: [PromptLogProbability] = []
    var reading: [Float] = []
    var queued: [Int] = []
    var prefilling: [Int] = []
    var finish: FinishReason?
    var usage = GenerationUsage()

    var ids: [TokenID] { tokens.map(\.id) }

    init() {}

    init(_ generation: Generation) async {
        for await events in generation {
            for event in events {
                add(event)
            }
        }
    }

    mutating func add(_ event: GenerationEvent) {
        switch event {
        case .queued(let ahead, _): queued.append(ahead)
        case .prefilling(let done, _): prefilling.append(done)
        case .promptLogProbabilities(let new): promptLogProbabilities += new
        case .reading(let values): reading = values
        case .tokens(let new): tokens += new
        case .finished(let reason, let usage):
            finish = reason
            self.usage = usage
        }
    }
}

/// Guesses wherever there is room, whether it pays or not.
extension Speculation {
    static let always = Speculation(proposalLimit: 6, isAdaptive: false)
}

func makeEngine(
    _ configuration: EngineConfiguration = .small, vocabularySize: Int = 64,
    willCompute: (@Sendable (Int) -> Void)? = nil, script: ScriptedModel.Script? = nil
) throws -> InferenceEngine {
    try InferenceEngine(configuration: configuration, tokenBytes: NumberBytes()) {
        EngineModels(
            model: ScriptedModel(vocabularySize: vocabularySize, willCompute: willCompute, script: script))
    }
}

extension EngineConfiguration {
    /// Room for 64 blocks of four tokens, and small steps.
    static let small = EngineConfiguration(
        stepTokenBudget: 24, blockLength: 4, cacheSize: .blocks(64), queueLimit: 64, sequenceLimit: 16,
        promptLogitRowLimit: 5, speculation: .off
    ).changed { $0.evensSteps = false }

    func changed(_ change: (inout EngineConfiguration) -> Void) -> EngineConfiguration {
        var copy = self
        change(&copy)
        return copy
    }
}

/// Lets the engine thread compute only as many steps as the test permits.
final class StepGate: Sendable {
    private let permits = DispatchSemaphore(value: 0)
    private let arrivals = DispatchSemaphore(value: 0)

    /// Given to the model: announces a step and waits until it is permitted.
    func pass(_ rowCount: Int) {
        arrivals.signal()
        permits.wait()
    }

    /// Waits until the engine is about to compute a step.
    func awaitStep() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.arrivals.wait()
                continuation.resume()
            }
        }
    }

    /// Permits so many more steps.
    func permit(_ count: Int = 1) {
        for _ in 0..<count {
            permits.signal()
        }
    }

    /// Permits all steps there will be.
    func open() {
        permit(1_000_000)
    }
}

func randomPrompt(_ count: Int, seed: UInt64, vocabularySize: Int = 64) -> [TokenID] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in TokenID(Int.random(in: 0..<vocabularySize, using: &generator)) }
}
