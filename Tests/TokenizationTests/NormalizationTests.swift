import Foundation
import TestSupport
import Testing

@testable import Tokenization

@Suite("Normalisation to form C")
struct NormalizationTests {
    @Test("agrees with Foundation on texts older than its tables' differences")
    func agreesWithFoundation() {
        var random = SeededGenerator(seed: 5)
        let alphabet: [Unicode.Scalar] = Array(
            "aeo \u{300}\u{301}\u{323}\u{327}\u{345}é\u{1EC7}각\u{1100}\u{1161}\u{11A8}\u{5D0}\u{5B4}\u{5BC}\u{915}\u{93C}\u{958}\u{212B}\u{2126}\u{F900}\u{1D15F}"
                .unicodeScalars)
        for _ in 0..<3000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0..<9, using: &random) {
                scalars.append(alphabet.randomElement(using: &random) ?? "a")
            }
            let text = String(scalars)
            let expected = Array(text.precomposedStringWithCanonicalMapping.utf8)
            #expect(normalized(text) == expected, "\(scalars.map { String($0.value, radix: 16) })")
            let doubt = Normalization().firstDoubt(in: Array(text.utf8).span)
            #expect(doubt != nil || expected == Array(text.utf8))
        }
    }

    @Test("treats marks that are newer than the reference's tables as letters")
    func lateMarks() {
        // U+1ABF (class 220) would move before U+0301 (230) under newer tables.
        #expect(normalized("q\u{301}\u{1ABF}") == Array("q\u{301}\u{1ABF}".utf8))
        #expect(normalized("\u{11935}\u{11930}") == Array("\u{11935}\u{11930}".utf8))
        #expect(normalized("\u{11938}") == Array("\u{11938}".utf8))
    }

    @Test("takes a text of marks alone, however long")
    func manyMarks() {
        let text = String(repeating: "\u{301}\u{323}", count: 5000)
        let expected = String(repeating: "\u{323}", count: 5000) + String(repeating: "\u{301}", count: 5000)
        #expect(normalized(text) == Array(expected.utf8))
    }

    private func normalized(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        Normalization().append(Array(text.utf8).span, to: &output)
        return output
    }
}
