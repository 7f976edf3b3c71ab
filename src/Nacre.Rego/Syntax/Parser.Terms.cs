namespace Nacre.Rego.Syntax;

internal sealed partial class Parser
{
    private static readonly (string Symbol, string Name)[] s_relations =
        [("==", "equal"), ("!=", "neq"), ("<", "lt"), ("<=", "lte"), (">", "gt"), (">=", "gte")];

    private static readonly (string Symbol, string Name)[] s_or = [("|", "or")];
    private static readonly (string Symbol, string Name)[] s_and = [("&", "and")];
    private static readonly (string Symbol, string Name)[] s_sums = [("+", "plus"), ("-", "minus")];
    private static readonly (string Symbol, string Name)[] s_products = [("*", "mul"), ("/", "div"), ("%", "rem")];

    // The lowest level: membership. `k, v in xs` is allowed where no list is being read.
    // A list may have read the first operand already, up to where `|` could start a comprehension.
    private Term ParseExpressionTerm(bool allowPair = false, Term? first = null)
    {
        Enter();
        var start = first?.Place.Start ?? Current.Start;
        var term = first is null ? ParseRelation() : ParseInfix(s_relations, ParseUnion, ParseInfix(s_or, ParseIntersection, first));
        if (allowPair && Current.Is(",") && _keywords.Contains("in"))
        {
            var comma = _at++;
            var value = ParseRelation();
            if (!IsKeyword("in"))
                _at = comma;
            else
            {
                _at++;
                term = Call(start, "internal.member_3", term, value, ParseRelation());
            }
        }

        while (IsKeyword("in"))
        {
            _at++;
            term = Call(start, "internal.member_2", term, ParseRelation());
        }

        Leave();
        return term;
    }

    private Term ParseRelation() => ParseInfix(s_relations, ParseUnion);

    private Term ParseUnion() => ParseInfix(s_or, ParseIntersection);

    private Term ParseIntersection() => ParseInfix(s_and, ParseSum);

    private Term ParseSum() => ParseInfix(s_sums, ParseProduct);

    private Term ParseProduct() => ParseInfix(s_products, ParseTerm);

    private Term ParseInfix((string Symbol, string Name)[] operators, Func<Term> operand, Term? left = null)
    {
        var start = left?.Place.Start ?? Current.Start;
        left ??= operand();
        while (Current.Kind == TokenKind.Symbol && Find(operators, Current.Text) is { } name)
        {
            _at++;
            left = Call(start, name, left, operand());
        }

        return left;
    }

    private static string? Find((string Symbol, string Name)[] operators, string symbol)
    {
        foreach (var (candidate, name) in operators)
            if (candidate == symbol)
                return name;

        return null;
    }

    private CallTerm Call(int start, string name, params List<Term> arguments)
    {
        var place = Since(start);
        return new CallTerm(place, new VarTerm(place, name), arguments) { IsOperator = true };
    }

    private Term ParseTerm()
    {
        Enter();
        var term = ParsePrimary();
        term = ParseOperands(term);
        Leave();
        return term;
    }

    private Term ParsePrimary()
    {
        var place = Here;
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                _at++;
                return Number(place, token.Text);
            case TokenKind.Symbol when token.Text == "-" && Peek.Kind == TokenKind.Number:
                _at += 2;
                return Number(Since(token.Start), "-" + _tokens[_at - 1].Text);
            case TokenKind.String:
                _at++;
                return new ScalarTerm(place, new RegoString(token.Text));
            case TokenKind.Template:
                _at++;
                return ParseTemplate(place, token.Parts!);
            case TokenKind.Symbol when token.Text == "[":
                return ParseArray();
            case TokenKind.Symbol when token.Text == "{":
                return ParseBraced();
            case TokenKind.Symbol when token.Text == "(":
                _at++;
                var inner = ParseExpressionTerm(allowPair: true);
                Expect(")");
                return inner;
            case TokenKind.Identifier:
                return ParseName(place, token.Text);
            default:
                throw Wrong($"unexpected {token}: expected a term");
        }
    }

    private Term ParseName(Place place, string name)
    {
        if (IsAnyKeyword())
        {
            RegoValue? value = name switch { "null" => RegoNull.Value, "true" => RegoBool.True, "false" => RegoBool.False, _ => null };
            if (value is not null)
            {
                _at++;
                return new ScalarTerm(place, value);
            }

            if (name != "contains")
                throw Wrong($"unexpected {name} keyword: expected a term");
        }

        _at++;
        if (name == "set" && Current.Is("(") && !Current.AfterSpace && Peek.Is(")"))
        {
            _at += 2;
            return new SetTerm(Since(place.Start), []);
        }

        return new VarTerm(place, name);
    }

    private static ScalarTerm Number(Place place, string text) =>
        RegoNumber.TryParse(text, out var number) ? new ScalarTerm(place, number) : throw WrongAt(place, "number too big");

    // What follows a term without white space: .name, [operand], (arguments).
    private Term ParseOperands(Term head)
    {
        List<Term>? path = null;
        var start = head.Place.Start;
        while (!Current.AfterSpace && (Current.Is(".") || Current.Is("[") || Current.Is("(")))
        {
            if (!Current.Is("("))
            {
                if (head is ScalarTerm)
                    break;
                (path ??= []).Add(ParseOperand());
                continue;
            }

            var function = path is null ? head : new RefTerm(Since(start), head, path);
            if (function is not VarTerm and not RefTerm { Head: VarTerm })
                throw Wrong("illegal call: only names can be called");
            _at++;
            var arguments = ParseTermList(")");
            head = new CallTerm(Since(start), function, arguments);
            path = null;
        }

        return path is null ? head : new RefTerm(Since(start), head, path);
    }

    private Term ParseOperand()
    {
        var dot = Current.Is(".");
        _at++;
        if (dot)
        {
            if (Current.Kind != TokenKind.Identifier || Current.AfterSpace)
                throw Wrong($"unexpected {Current}: expected ident");
            var place = Here;
            return new ScalarTerm(place, new RegoString(_tokens[_at++].Text));
        }

        var operand = ParseExpressionTerm(allowPair: true);
        Expect("]");
        return operand;
    }

    // Terms up to the closing bracket; a comma may follow the last.
    private List<Term> ParseTermList(string closing, Term? first = null)
    {
        var terms = new List<Term>();
        if (first is not null)
            terms.Add(first);
        while (!Current.Is(closing))
        {
            if (terms.Count > 0)
            {
                Expect(",");
                if (Current.Is(closing))
                    break;
            }

            terms.Add(ParseExpressionTerm());
        }

        _at++;
        return terms;
    }

    private Term ParseArray()
    {
        var start = Current.Start;
        _at++;
        if (Current.Is("]"))
        {
            _at++;
            return new ArrayTerm(Since(start), []);
        }

        if (TryComprehension(start, ComprehensionKind.Array, null, "]", out var first) is { } comprehension)
            return comprehension;

        var items = ParseTermList("]", ParseExpressionTerm(first: first));
        return new ArrayTerm(Since(start), items);
    }

    private Term ParseBraced()
    {
        var start = Current.Start;
        _at++;
        if (Current.Is("}"))
        {
            _at++;
            return new ObjectTerm(Since(start), []);
        }

        if (TryComprehension(start, ComprehensionKind.Set, null, "}", out var operand) is { } comprehension)
            return comprehension;

        var first = ParseExpressionTerm(first: operand);
        if (!Current.Is(":"))
        {
            var items = ParseTermList("}", first);
            return new SetTerm(Since(start), items);
        }

        return ParseObject(start, first);
    }

    private Term ParseObject(int start, Term firstKey)
    {
        _at++;
        if (TryComprehension(start, ComprehensionKind.Object, firstKey, "}", out var first) is { } comprehension)
            return comprehension;

        List<(Term, Term)> members = [(firstKey, ParseExpressionTerm(first: first))];
        while (!Current.Is("}"))
        {
            Expect(",");
            if (Current.Is("}"))
                break;
            var key = ParseExpressionTerm();
            Expect(":");
            members.Add((key, ParseExpressionTerm()));
        }

        _at++;
        return new ObjectTerm(Since(start), members);
    }

    // `{1 | 1}` is a comprehension and no union: where both can be read, the comprehension is meant.
    private ComprehensionTerm? TryComprehension(int start, ComprehensionKind kind, Term? key, string closing, out Term first)
    {
        first = ParseIntersection();
        if (!Current.Is("|"))
            return null;

        var (at, depth) = (_at, _depth);
        _at++;
        try
        {
            var body = ParseBody(closing);
            Expect(closing);
            return new ComprehensionTerm(Since(start), kind, key, first, body);
        }
        catch (RegoException e) when (e.Code == RegoErrorCode.Parse && Current.Is(",") && ++_secondReadings <= MaxSecondReadings)
        {
            // A list whose first item is a union.
            (_at, _depth) = (at, depth);
            return null;
        }
    }

    private TemplateTerm ParseTemplate(Place place, List<TemplatePiece> pieces)
    {
        var parts = new List<(string?, Literal?)>();
        foreach (var piece in pieces)
        {
            if (piece.Tokens is null)
            {
                parts.Add((piece.Text, null));
                continue;
            }

            var (tokens, at) = (_tokens, _at);
            (_tokens, _at) = (piece.Tokens, 0);
            if (Current.Kind == TokenKind.End)
                throw WrongAt(place, "invalid template expression: empty");
            parts.Add((null, ParseLiteral()));
            ExpectEnd();
            (_tokens, _at) = (tokens, at);
        }

        return new TemplateTerm(place, parts);
    }
}
