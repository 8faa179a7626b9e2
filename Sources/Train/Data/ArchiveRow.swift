/// One row of an archive, of the kind that its keys decide, and the place it came from.
public struct ArchiveRow: Equatable, Sendable {
  /// What a row holds.
  public enum Content: Equatable, Sendable {
    /// A piece, learned given its seed.
    case post(title: String?, seed: Seed, text: String)
    /// A text, learned as it stands.
    case text(String)
    /// A completion, learned given its prompt.
    case completion(prompt: String, completion: String)
    /// A conversation, of which the assistant's turns are learned.
    case chat([ChatMessage])
    /// A draft and what the writer made of it; the final is learned given the seed.
    case edit(title: String?, seed: Seed, draft: String, final: String)
  }

  /// One turn of a conversation.
  public struct ChatMessage: Equatable, Sendable {
    /// Who speaks: "system", "user" or "assistant".
    public let role: String
    /// What is said.
    public let content: String
  }

  /// A part of a row's text that counts otherwise in the loss.
  public struct Span: Equatable, Sendable {
    /// Where it lies in the UTF-8 bytes of the text, completion or final.
    public let bytes: Range<Int>
    /// A factor on the loss of its tokens; 0 leaves them in the text and out of the loss.
    public let weight: Double
  }

  /// The kinds of rows, in the order in which reports list them.
  public enum Kind: String, CaseIterable, Sendable {
    case post, text, completion, chat, edit
  }

  /// The archive file, as it was named when it was read.
  public let file: String
  /// The line in that file, from 1.
  public let line: Int
  /// The row's own name, where it has one.
  public let id: String?
  /// The row's date as it is written there, where it has one.
  public let date: String?
  /// What the row holds.
  public let content: Content
  /// A factor on the loss of the row's tokens; 0 learns nothing of it.
  public internal(set) var weight = 1.0
  /// The parts of the learned text that count otherwise, ascending and apart.
  public internal(set) var spans: [Span] = []

  /// The row's kind.
  public var kind: Kind {
    switch content {
    case .post: .post
    case .text: .text
    case .completion: .completion
    case .chat: .chat
    case .edit: .edit
    }
  }

  /// The place as `file:line`.
  public var place: String { "\(file):\(line)" }

  /// The text that spans are places in: what is learned, without title and prompt. Empty for a conversation.
  var body: String {
    switch content {
    case .post(_, _, let text), .text(let text), .edit(_, _, _, let text): text
    case .completion(_, let completion): completion
    case .chat: ""
    }
  }

  /// The texts by which a duplicate of this row is recognised.
  ///
  /// Both sides of an edit count. A completion is repeated exactly only with its prompt, since short answers
  /// come back, but nearly repeated by itself, since many rows may share one long instruction.
  var documentTexts: DocumentTexts {
    switch content {
    case .post(_, _, let text), .text(let text):
      DocumentTexts([text])
    case .completion(let prompt, let completion):
      DocumentTexts(exact: [prompt + "\n" + completion], near: [completion])
    case .chat(let messages):
      DocumentTexts([messages.map(\.content).joined(separator: "\n")])
    case .edit(_, _, let draft, let final):
      DocumentTexts([final, draft])
    }
  }
}
