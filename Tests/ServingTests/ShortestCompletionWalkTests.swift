import ConstrainedDecoding
import JSON
import Sampling
import ServingTestSupport
import TestSupport
import Testing
import Tokenization
import Tokens

/// The shortest ends of random answers to random schemas.
@Suite struct ShortestCompletionWalkTests {
    @Test func `from anywhere in a random answer the completion is valid`() throws {
        let tokenizer = try SharedFixtures.tokenizer.get()
        for round in propertyRounds(60) {
            var random = SeededGenerator(seed: UInt64(round))
            let schema = RandomSchema.arguments(&random)
            var matcher = try ConstraintCompiler(tokenizer: tokenizer, ends: [0]).compile(.jsonSchema(schema))
                .makeMatcher()
            var tokens: [TokenID] = []
            for _ in 0..<40 {
                let completion = try #require(matcher.shortestCompletion(within: 10_000))
                let text = tokenizer.decode(tokens + completion)
                let value = try JSONValue(parsing: text)
                #expect(SchemaCheck.isValid(value, by: schema), "\(schema.serialized()) → \(text)")
                let mask = matcher.mask()
                let allowed = (1..<tokenizer.tokenCount).map { TokenID($0) }.filter(mask.contains)
                guard let token = allowed.randomElement(using: &random) else { break }
                tokens.append(token)
                matcher.accept(token)
            }
        }
    }
}
