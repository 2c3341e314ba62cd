import Foundation
import ServingTestSupport
import Testing
import Tokens

extension APIClient {
    /// A model that thinks for ever where nobody stops it, and answers "Yes." once its think block is closed.
    static func endlessThinker(
        slowly: Bool = false, template: String = "templates/qwen3.jinja"
    ) throws -> APIClient {
        let tokens = try TestModel().tokenizer
        let close = try #require(tokens.token("</think>"))
        let open = try #require(tokens.token("<think>"))
        let thought = tokens.encode("h")[0]
        let answer = tokens.encode("Yes.")
        let end = try #require(tokens.token("<|im_end|>"))
        var options = TestModel.Options()
        options.contextLength = 4096
        options.template = template
        if slowly {
            options.willCompute = { _ in Thread.sleep(forTimeInterval: 0.002) }
        }
        options.improvise = { tokens in
            guard let turn = tokens.lastIndex(of: open) else { return open }
            guard let closed = tokens[turn...].lastIndex(of: close) else { return thought }
            // What follows the tag is the phrase's line breaks, then the answer.
            let said = tokens.suffix(from: closed + 1).drop { !answer.contains($0) }
            return said.count < answer.count ? answer[said.count] : end
        }
        return try APIClient(options)
    }
}
