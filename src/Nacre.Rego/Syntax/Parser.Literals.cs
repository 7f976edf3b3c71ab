namespace Nacre.Rego.Syntax;

internal sealed partial class Parser
{
    /// <param name="closing">The bracket the body ends at, which is not consumed; null for the end of the text.</param>
    private List<Literal> ParseBody(string? closing)
    {
        Enter();
        var body = new List<Literal>();
        while (Current.Is(";"))
            _at++;
        if (AtEnd())
            throw Wrong(closing is null ? "empty query" : "found empty body");

        while (true)
        {
            body.Add(ParseLiteral());
            if (AtEnd())
                break;
            if (Current.Is(";"))
            {
                while (Current.Is(";"))
                    _at++;
                if (AtEnd())
                    break;
                continue;
            }

            if (!Current.AfterNewline)
                throw Wrong($"unexpected {Current}: expected \\n or ; or {closing ?? "the end"}");
        }

        Leave();
        return body;

        bool AtEnd() => closing is null ? Current.Kind == TokenKind.End : Current.Is(closing);
    }

    private Literal ParseLiteral()
    {
        Enter();
        var start = Current.Start;
        var isNegated = IsKeyword("not");
        if (isNegated)
            _at++;

        var literal = IsKeyword("some") ? ParseSome()
            : IsKeyword("every") ? ParseEvery()
            : ParseTermLiteral();
        if (isNegated && (literal is SomeLiteral or SomeInLiteral))
            throw WrongAt(Since(start), "unexpected some keyword: cannot be negated");

        literal.IsNegated = isNegated;
        literal.With = ParseWith();
        if (literal is SomeLiteral && literal.With.Count > 0)
            throw WrongAt(Since(start), "unexpected with keyword");
        literal.Place = Since(start);
        Leave();
        return literal;
    }

    private TermLiteral ParseTermLiteral()
    {
        var start = Current.Start;
        var term = ParseExpressionTerm(allowPair: true);
        if (!Current.Is("=") && !Current.Is(":="))
            return new TermLiteral(Since(start), term);

        var isAssign = Current.Is(":=");
        var place = Here;
        _at++;
        var value = ParseExpressionTerm(allowPair: true);
        if (isAssign && term is ScalarTerm)
            throw new RegoException(term.Place.Error(RegoErrorCode.Compile, $"cannot assign to {Describe(term)}"));
        if (isAssign)
            RequireAssignable(term);

        var call = new CallTerm(Since(start), new VarTerm(place, isAssign ? "assign" : "eq"), [term, value]) { IsOperator = true };
        return new TermLiteral(call.Place, call);
    }

    private static void RequireAssignable(Term target)
    {
        switch (target)
        {
            case VarTerm or ScalarTerm:
                return;
            case ArrayTerm array:
                array.Items.ForEach(RequireAssignable);
                return;
            case ObjectTerm members:
                members.Members.ForEach(member => RequireAssignable(member.Value));
                return;
            default:
                throw new RegoException(target.Place.Error(RegoErrorCode.Compile, $"cannot assign to {Describe(target)}"));
        }
    }

    private static string Describe(Term term) => term switch
    {
        RefTerm => "ref",
        CallTerm => "call",
        SetTerm => "set",
        ComprehensionTerm => "comprehension",
        ScalarTerm scalar => scalar.Value.Kind.ToString().ToLowerInvariant(),
        _ => "term",
    };

    private Literal ParseSome()
    {
        var start = Current.Start;
        _at++;
        List<Term> terms = [ParseRelation()];
        while (Current.Is(","))
        {
            _at++;
            terms.Add(ParseRelation());
        }

        if (IsKeyword("in"))
        {
            _at++;
            var domain = ParseRelation();
            if (terms.Count > 2)
                throw WrongAt(Since(start), "illegal: some takes a key and a value");
            return new SomeInLiteral(Since(start), terms.Count == 2 ? terms[0] : null, terms[^1], domain);
        }

        foreach (var term in terms)
            if (term is not VarTerm)
                throw WrongAt(term.Place, "unexpected term: some declares variables, or reads `some x in xs`");

        return new SomeLiteral(Since(start), [.. terms.Cast<VarTerm>()]);
    }

    private EveryLiteral ParseEvery()
    {
        var start = Current.Start;
        _at++;
        var first = ParseVariable();
        VarTerm? second = null;
        if (Current.Is(","))
        {
            _at++;
            second = ParseVariable();
        }

        if (!IsKeyword("in"))
            throw Wrong($"unexpected {Current}: expected `in`");
        _at++;
        var domain = ParseRelation();
        var body = ParseBraces();
        return new EveryLiteral(Since(start), second is null ? null : first, second ?? first, domain, body);
    }

    private VarTerm ParseVariable()
    {
        if (Current.Kind != TokenKind.Identifier || IsAnyKeyword())
            throw Wrong($"unexpected {Current}: expected variable");

        var place = Here;
        return new VarTerm(place, _tokens[_at++].Text);
    }

    private List<WithModifier> ParseWith()
    {
        var modifiers = new List<WithModifier>();
        while (IsKeyword("with"))
        {
            var start = Current.Start;
            _at++;
            var target = ParseTerm();
            if (target is not (VarTerm or RefTerm))
                throw WrongAt(target.Place, "expected with target path");
            if (!IsKeyword("as"))
                throw Wrong("expected as keyword");
            _at++;
            var value = ParseExpressionTerm();
            modifiers.Add(new WithModifier(Since(start), target, value));
        }

        return modifiers;
    }
}
