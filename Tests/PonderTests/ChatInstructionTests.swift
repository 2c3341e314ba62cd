import Serving
import Testing

@testable import ponder

@Suite struct ChatInstructionTests {
    @Test(arguments: ["Hello", " /help", "/think about it", "/no_think How?", "Really? /think", "/usr/bin\nis what?"])
    func `text that is no command is a message, as it was typed`(line: String) {
        #expect(ChatInstruction(line) == .message(line))
    }

    @Test func `commands stand by themselves`() {
        #expect(ChatInstruction("/think") == .think(true))
        #expect(ChatInstruction("/no_think ") == .think(false))
        #expect(ChatInstruction("/stats") == .statistics)
        #expect(ChatInstruction("/?") == .help)
        #expect(ChatInstruction("/bye") == .exit)
        #expect(ChatInstruction("/save  my talk.json ") == .save("my talk.json"))
        #expect(ChatInstruction("/system You are a bard.\nRhyme.") == .system("You are a bard.\nRhyme."))
        #expect(ChatInstruction("/system") == .system(nil))
        #expect(ChatInstruction("/system none") == .system(""))
    }

    @Test func `settings come in the words of this program and of Ollama`() {
        #expect(ChatInstruction("/set") == .set(nil, ""))
        #expect(ChatInstruction("/set top_p 0.5") == .set(.topP, "0.5"))
        #expect(ChatInstruction("/set parameter temperature 0.5") == .set(.temperature, "0.5"))
        #expect(ChatInstruction("/set think") == .think(true))
        #expect(ChatInstruction("/set nothink") == .think(false))
        #expect(ChatInstruction("/set system Be brief.") == .system("Be brief."))
    }

    @Test(arguments: ["/foo", "/saves x", "/save", "/load", "/set foo 1", "/set temperature", "/thinking"])
    func `what cannot be done is answered with a line that helps`(line: String) {
        guard case .unusable(let text) = ChatInstruction(line) else {
            Issue.record("\(line) was taken")
            return
        }
        #expect(text.contains("/") || text.contains("there are"))
        #expect(!text.contains("\n"))
    }

    @Test func `values are checked`() throws {
        var preferences = ChatPreferences()
        try preferences.set(.temperature, to: "0.3", place: "temperature")
        try preferences.set(.think, to: "off", place: "think")
        #expect(preferences.temperature == 0.3)
        #expect(preferences.thinking == ThinkingLevel.none)
        try preferences.set(.temperature, to: "default", place: "temperature")
        #expect(preferences.temperature == nil)
        for (name, text) in [
            (ChatPreferences.Name.temperature, "hot"), (.temperature, "3"), (.temperature, "nan"), (.topK, "-1"),
            (.seed, "-1"), (.maximumTokens, "0"), (.reasoning, "default"), (.statistics, "maybe"),
        ] {
            #expect(throws: SettingsError.self) { try preferences.set(name, to: text, place: "x") }
        }
    }
}
