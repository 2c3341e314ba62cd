import Testing

@testable import Serving

@Suite struct CheckpointLicenseTests {
    @Test(
        arguments: [
            ("---\nlibrary_name: x\nlicense: apache-2.0\n---\n# A model\n", "apache-2.0"),
            ("---\r\nlicense: 'mit'\r\n---\r\n", "mit"),
            ("---\nlicense: other\nlicense_name: \"qwen-research\"\n---\n", "qwen-research"),
            ("---\nlicense: other\n---\nlicense: mit\n", "other"),
            ("---\nlicense_link: https://example.org\n---\n", nil),
            ("# A model\nlicense: mit\n", nil),
            ("---\nlicense:\n---\n", nil),
            ("---\nlicense: \(String(repeating: "x", count: 201))\n---\n", nil),
            ("---\nlicense: a\u{1B}[1m\n---\n", "a?[1m"),
            ("", nil),
        ] as [(String, String?)])
    func aCardNamesItAtItsBeginning(card: String, license: String?) {
        #expect(CheckpointLicense.name(inCard: card) == license)
    }
}
