namespace Nacre.Rego.Syntax;

/// <summary>Recursive descent over the tokens of one module or query. The grammar is that of OPA's policy reference.</summary>
internal sealed partial class Parser
{
    private static readonly string[] s_always =
        ["not", "package", "import", "as", "default", "else", "with", "null", "true", "false", "some"];

    private static readonly string[] s_future = ["in", "every", "contains", "if"];

    // Each reads part of the text again: without a bound, nesting them would take exponential time.
    private const int MaxSecondReadings = 1000;

    private readonly SourceText _source;
    private readonly int _maxNesting;
    private readonly HashSet<string> _keywords = [.. s_always];
    private List<Token> _tokens;
    private int _at;
    private int _depth;
    private bool _isV1;
    private int _secondReadings;

    private Parser(SourceText source, List<Token> tokens, RegoSyntax syntax, int maxNesting)
    {
        (_source, _tokens, _maxNesting) = (source, tokens, maxNesting);
        if (syntax == RegoSyntax.V1)
            EnableV1();
    }

    /// <exception cref="RegoException">With one error: parsing stops at the first.</exception>
    public static Module ParseModule(RegoSource source, int maxNesting)
    {
        var text = new SourceText(source.Name, source.Text, source.Syntax);
        var (tokens, comments) = Lexer.Read(text);
        var module = new Parser(text, tokens, source.Syntax, maxNesting).ParseModule(text, source.Syntax);
        module.Comments = comments;
        return module;
    }

    public static List<Literal> ParseQuery(string query, RegoSyntax syntax, int maxNesting)
    {
        var text = new SourceText("", query);
        var parser = new Parser(text, Lexer.Read(text).Tokens, syntax, maxNesting);
        var imports = new Module(text) { Syntax = syntax };
        while (parser.IsKeyword("import"))
            parser.ParseImport(imports);

        var body = parser.ParseBody(closing: null);
        parser.ExpectEnd();
        return body;
    }

    private Token Current => _tokens[_at];

    private Token Peek => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    private Place Here => new(_source, Current.Start, Math.Max(Current.End, Current.Start));

    private Place Since(int start) => new(_source, start, _at == 0 ? start : Math.Max(start, _tokens[_at - 1].End));

    private void EnableV1()
    {
        _isV1 = true;
        _keywords.UnionWith(s_future);
    }

    private Module ParseModule(SourceText text, RegoSyntax syntax)
    {
        var module = new Module(text) { Syntax = syntax };
        if (Current.Kind == TokenKind.End)
            throw Wrong("empty module");
        if (!IsKeyword("package"))
            throw Wrong("package expected");

        ParsePackage(module);
        while (Current.Kind != TokenKind.End)
        {
            if (IsKeyword("import"))
                ParseImport(module);
            else if (IsKeyword("package"))
                throw Wrong("unexpected package keyword");
            else
                ParseRules(module);

            if (Current.Is(";"))
                _at++;
        }

        return module;
    }

    private void ParsePackage(Module module)
    {
        var start = Current.Start;
        _at++;
        if (Current.Kind != TokenKind.Identifier)
            throw Wrong("expected ident");

        var path = ParsePath(allowKeywords: true);
        module.PackagePlace = Since(start);
        module.Package = [path[0], .. path.Skip(1)];
        if (module.Package.Count > 0 && module.Package[0] == "data" && module.Package.Count > 1)
            module.Package.RemoveAt(0);
    }

    // A dotted path of names or strings in brackets, as packages and imports have it.
    private List<string> ParsePath(bool allowKeywords)
    {
        var path = new List<string>();
        if (Current.Kind != TokenKind.Identifier || (!allowKeywords && IsKeyword(Current.Text)))
            throw Wrong("expected ident");

        path.Add(_tokens[_at++].Text);
        while (!Current.AfterSpace && (Current.Is(".") || Current.Is("[")))
        {
            var bracket = Current.Is("[");
            _at++;
            if (Current.Kind != (bracket ? TokenKind.String : TokenKind.Identifier))
                throw Wrong(bracket ? "expected a string: paths of packages and imports are constant" : "expected ident");
            path.Add(_tokens[_at++].Text);
            if (bracket)
                Expect("]");
        }

        return path;
    }

    private void ParseImport(Module module)
    {
        var start = Current.Start;
        _at++;
        var place = Here;
        var path = ParsePath(allowKeywords: true);
        var place2 = Since(place.Start);
        string? alias = null;
        if (IsKeyword("as"))
        {
            _at++;
            if (Current.Kind != TokenKind.Identifier)
                throw Wrong("expected var");
            alias = _tokens[_at++].Text;
        }

        switch (path[0])
        {
            case "future":
                ImportFuture(module, path, alias, place2);
                break;
            case "rego":
                ImportRego(module, path, alias, place2);
                break;
            case "data" or "input":
                if (alias is "_")
                    throw Wrong("import alias must not be a wildcard");
                break;
            default:
                throw WrongAt(place2, $"invalid path, path must begin with one of: {{data, future, input, rego}}, got: {path[0]}");
        }

        List<Term> operands = [.. path.Skip(1).Select(part => new ScalarTerm(place2, new RegoString(part)))];
        module.Imports.Add(new Import(Since(start), new RefTerm(place2, new VarTerm(place2, path[0]), operands), alias ?? path[^1]));
    }

    private void ImportFuture(Module module, List<string> path, string? alias, Place place)
    {
        if (path is not ["future", "keywords", ..] || path.Count > 3)
            throw WrongAt(place, "invalid import, must be `future.keywords`");
        if (alias is not null)
            throw WrongAt(place, "`future` imports cannot be aliased");
        if (module.Imports.Exists(import => IsRegoV1(import)))
            throw WrongAt(place, "the `rego.v1` import implies `future.keywords`, these are therefore mutually exclusive");

        if (path.Count == 2)
            _keywords.UnionWith(s_future);
        else if (s_future.Contains(path[2]))
            _keywords.Add(path[2]);
        else
            throw WrongAt(place, $"unexpected keyword, must be one of [contains every if in], got {path[2]}");

        if (path is [.., "every"])
            _keywords.Add("in");
    }

    private void ImportRego(Module module, List<string> path, string? alias, Place place)
    {
        if (path is not ["rego", "v1"])
            throw WrongAt(place, "invalid import `" + string.Join('.', path) + "`, must be `rego.v1`");
        if (alias is not null)
            throw WrongAt(place, "`rego` imports cannot be aliased");
        if (module.Syntax == RegoSyntax.V0 && module.Imports.Exists(import => import.Path.Head is VarTerm { Name: "future" }))
            throw WrongAt(place, "the `rego.v1` import implies `future.keywords`, these are therefore mutually exclusive");
        if (module.Imports.Exists(IsRegoV1))
            throw WrongAt(place, "import must not shadow import rego.v1");

        EnableV1();
        module.Syntax = RegoSyntax.V1;
    }

    private static bool IsRegoV1(Import import) => import.Path.Head is VarTerm { Name: "rego" };

    // Keywords may be parts of references: `if.foo` is one, if the dot follows at once.
    private bool IsKeyword(string word) =>
        Current.Kind == TokenKind.Identifier && Current.Text == word && _keywords.Contains(word) && !(Peek.Is(".") && !Peek.AfterSpace);

    private bool IsAnyKeyword() => Current.Kind == TokenKind.Identifier && _keywords.Contains(Current.Text) && IsKeyword(Current.Text);

    private void Expect(string symbol)
    {
        if (!Current.Is(symbol))
            throw Wrong($"unexpected {Current}: expected `{symbol}`");
        _at++;
    }

    private void ExpectEnd()
    {
        if (Current.Kind != TokenKind.End)
            throw Wrong($"unexpected {Current}");
    }

    private void Enter()
    {
        if (++_depth > _maxNesting)
            throw new RegoException(Here.Error(RegoErrorCode.LimitNesting, $"nested deeper than {_maxNesting} levels"));
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    private void Leave() => _depth--;

    private RegoException Wrong(string message) => WrongAt(Here, message);

    private static RegoException WrongAt(Place place, string message) => new(place.Error(RegoErrorCode.Parse, message));
}
