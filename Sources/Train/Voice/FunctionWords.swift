/// The words of English that carry its grammar and little of a topic, by which writers are told apart: articles,
/// pronouns, prepositions, conjunctions, auxiliaries, particles, and their contractions.
enum FunctionWords {
  static let all: [String] = """
    a an the
    i me my myself mine we us our ours you your yours he him his himself she her hers herself it its itself
    they them their theirs themselves one who whom whose which what that this these those
    someone something anything everything nothing none
    about above across after against along among around at before behind below beneath beside between beyond by
    down during for from in inside into like near of off on onto out over since through till to toward towards
    under until up upon with within without
    and but or nor so yet if unless because although though while whereas whether than as when where why how
    am is are was were be been being do does did done have has had having
    can cannot could may might must ought shall should will would
    not no all any both each either neither every few less many more most much other others own same several some
    such again almost already also always else enough even ever hence here however indeed instead just never now
    often once only perhaps quite rather still then there therefore thus too very
    aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't shouldn't wasn't weren't won't wouldn't
    i'd i'll i'm i've it's let's that's there's he's she's they're we'll we're we've what's you'll you're you've
    """.split(whereSeparator: \.isWhitespace).map(String.init)
}
