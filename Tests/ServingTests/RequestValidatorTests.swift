import Sampling
import Testing
import Tokens

@testable import Serving

@Suite struct RequestValidatorTests {
    private let validator = RequestValidator(vocabularySize: 1000)

    private func validated(_ change: (inout GenerationOptions) -> Void) throws(ServingError) -> ValidatedOptions {
        var options = GenerationOptions()
        change(&options)
        return try validator.validate(options, defaults: .qwenThinking)
    }

    private func refusedField(_ change: (inout GenerationOptions) -> Void) -> RequestField? {
        do {
            _ = try validated(change)
            return nil
        } catch {
            guard case .invalidValue(let field, let message) = error else { return nil }
            #expect(message.contains { $0.isNumber })
            return field
        }
    }

    @Test func whatTheClientLeftOpenTheModelsDefaultsFill() throws {
        let sampling = try validated { _ in }.sampling
        #expect(sampling.temperature == 0.6)
        #expect(sampling.topP == 0.95)
        #expect(sampling.topK == 20)
        #expect(sampling.minP == 0)
        #expect(sampling.repetitionPenalty == 1)
    }

    @Test func whatTheClientSaidCounts() throws {
        let sampling = try validated {
            $0.temperature = 0
            $0.topP = 0.5
            $0.topK = -1
            $0.seed = 42
            $0.logitBias = [7: -100]
        }.sampling
        #expect(sampling.temperature == 0)
        #expect(sampling.topP == 0.5)
        #expect(sampling.topK == 0)
        #expect(sampling.seed == 42)
        #expect(sampling.logitBias == [7: -100])
    }

    @Test(arguments: [-0.1, 2.1, 1e9, -.infinity]) func temperaturesOutOfRangeAreRefused(value: Double) {
        #expect(refusedField { $0.temperature = value } == .temperature)
    }

    @Test(arguments: [-0.1, 1.1]) func probabilitiesOutOfRangeAreRefused(value: Double) {
        #expect(refusedField { $0.topP = value } == .topP)
        #expect(refusedField { $0.minP = value } == .minP)
    }

    @Test(arguments: [-2.1, 2.1]) func penaltiesOutOfRangeAreRefused(value: Double) {
        #expect(refusedField { $0.presencePenalty = value } == .presencePenalty)
        #expect(refusedField { $0.frequencyPenalty = value } == .frequencyPenalty)
    }

    @Test(arguments: [0, -1, 101.0]) func repetitionPenaltiesOutOfRangeAreRefused(value: Double) {
        #expect(refusedField { $0.repetitionPenalty = value } == .repetitionPenalty)
    }

    @Test func countsOutOfRangeAreRefused() {
        #expect(refusedField { $0.topK = -2 } == .topK)
        #expect(refusedField { $0.topK = .max } == .topK)
        #expect(refusedField { $0.maximumTokens = -1 } == .maximumTokens)
        #expect(refusedField { $0.maximumTokens = .min } == .maximumTokens)
        #expect(refusedField { $0.minimumTokens = -1 } == .minimumTokens)
        #expect(refusedField { $0.choiceCount = 0 } == .choiceCount)
        #expect(refusedField { $0.choiceCount = 129 } == .choiceCount)
        #expect(refusedField { $0.logProbabilityCount = 21 } == .logProbabilityCount)
        #expect(refusedField { $0.logProbabilityCount = -1 } == .logProbabilityCount)
    }

    @Test func aMinimumAboveTheMaximumIsRefused() {
        #expect(
            refusedField {
                $0.minimumTokens = 5
                $0.maximumTokens = 4
            } == .minimumTokens)
    }

    @Test func tokenIdsOutsideTheVocabularyAreRefused() {
        for id in [-1, 1000, Int.max] {
            #expect(refusedField { $0.logitBias = [id: 1] } == .logitBias)
            #expect(refusedField { $0.stopTokenIDs = [id] } == .stopTokenIDs)
        }
        #expect(refusedField { $0.logitBias = [1: 101] } == .logitBias)
        #expect(refusedField { $0.logitBias = [999: -100] } == nil)
    }

    @Test func stopStringsMustBeFewAndNotEmpty() throws {
        #expect(refusedField { $0.stopStrings = [""] } == .stop)
        #expect(refusedField { $0.stopStrings = Array(repeating: "a", count: 17) } == .stop)
        #expect(try validated { $0.stopStrings = Array(repeating: "a", count: 16) }.stops.strings.count == 16)
    }

    @Test func requestsWithoutASeedDrawOne() throws {
        let seeds = Set(try (0..<8).map { _ in try validated { _ in }.sampling.seed })
        #expect(seeds.count == 8)
    }

    @Test func differentSaltsShareNoPrefix() throws {
        let salts = try [nil, "a", "b"].map { salt in try validated { $0.cacheSalt = salt }.cacheSalt }
        #expect(Set(salts).count == 3)
    }
}
