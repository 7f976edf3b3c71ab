namespace Nacre.Rego.Syntax;

internal sealed partial class Parser
{
    private static ScalarTerm True(Place place) => new(place, RegoBool.True);

    private void ParseRules(Module module)
    {
        if (IsKeyword("default"))
        {
            module.Rules.Add(ParseDefault());
            return;
        }

        var (rule, usesContains) = ParseHead();
        var hasIf = IsKeyword("if");
        var isPartialByBrackets = !hasIf && !usesContains && rule.Arguments is null && rule.Head.Count == 2;
        var hasBody = hasIf || Current.Is("{");
        ShapeHead(rule, hasIf, usesContains, isPartialByBrackets);

        if (_isV1 && Current.Is("{") && !hasIf)
            throw Wrong("`if` keyword is required before rule body");
        if (_isV1 && isPartialByBrackets && rule.Value is null)
            throw WrongAt(rule.Place, "`contains` keyword is required for partial set rules");

        if (hasBody)
            rule.Body = ParseRuleBody(hasIf);
        else if (usesContains || !rule.HasGeneratedValue || rule.Arguments is not null || (isPartialByBrackets && rule.Value is null))
            rule.Body = [];
        else
            throw WrongAt(rule.Place, $"var cannot be used for rule name, or the body of rule `{rule.Place.Text}` is missing");

        module.Rules.Add(rule);
        ParseElse(rule, hasBody);
        ParseFurtherBodies(module, rule, hasIf);
    }

    private Rule ParseDefault()
    {
        _at++;
        var (rule, _) = ParseHead();
        rule.IsDefault = true;
        if (rule.HasGeneratedValue || rule.Value is null)
            throw Wrong("default rules must have a value");
        if (IsKeyword("if") || Current.Is("{"))
            throw Wrong("default rules cannot have body");
        if (rule.Key is not null)
            throw WrongAt(rule.Place, "default rules cannot be partial");
        if (IsKeyword("else"))
            throw Wrong("default rules cannot have else");

        return rule;
    }

    private (Rule Rule, bool UsesContains) ParseHead()
    {
        var start = Current.Start;
        if (Current.Kind != TokenKind.Identifier || (IsAnyKeyword() && Current.Text != "contains"))
            throw Wrong($"unexpected {Current}: expected rule head");

        var name = new VarTerm(Here, _tokens[_at++].Text);
        if (name.Name is "if" or "every" or "in" && !Current.Is(".") && !Current.Is("[") && !Current.Is("("))
            throw WrongAt(name.Place, $"unexpected {name.Name} keyword (hint: `import future.keywords.{name.Name}` for this keyword)");
        if (name.IsWildcard)
            throw WrongAt(name.Place, "unexpected var token: expected rule head");

        List<Term> head = [name];
        List<Term>? arguments = null;
        while (!Current.AfterSpace && (Current.Is(".") || Current.Is("[")))
            head.Add(ParseOperand());
        if (Current.Is("(") && !Current.AfterNewline)
        {
            // f() is no function: it takes nothing that could make it differ.
            _at++;
            arguments = ParseTermList(")");
            if (arguments.Count == 0)
                arguments = null;
        }

        Term? key = null;
        Term? value = null;
        var usesContains = IsKeyword("contains");
        var isAssigned = false;
        if (usesContains)
        {
            _at++;
            key = ParseExpressionTerm();
            if (arguments is not null)
                throw Wrong("the contains keyword can only be used with multi-value rule definitions");
        }

        if (Current.Is("=") || Current.Is(":="))
        {
            if (usesContains)
                throw Wrong("unexpected " + Current + ": the contains keyword can only be used with multi-value rule definitions (e.g., p contains <VALUE> { ... })");
            isAssigned = Current.Is(":=");
            _at++;
            value = ParseExpressionTerm();
        }

        return (new Rule(Since(start)) { Head = head, Arguments = arguments, Key = key, Value = value, IsAssigned = isAssigned, HasGeneratedValue = value is null }, usesContains);
    }

    // p[x] alone is a partial set; with `if` it is an object member that is true.
    private static void ShapeHead(Rule rule, bool hasIf, bool usesContains, bool isPartialByBrackets)
    {
        if (usesContains || rule.Value is not null)
            return;

        if (isPartialByBrackets && !hasIf)
        {
            rule.Key = rule.Head[1];
            rule.Head = [rule.Head[0]];
            return;
        }

        rule.Value = True(rule.Place);
    }

    private List<Literal> ParseRuleBody(bool hasIf)
    {
        if (!hasIf)
            return ParseBraces();

        _at++;
        if (!Current.Is("{") || LooksLikeComprehension())
            return [ParseLiteral()];

        // `if {…}` is a body unless it only reads as a literal, as `if {"a": 1}.a` does.
        var start = _at;
        try
        {
            var body = ParseBraces();
            if (Current.AfterNewline || Current.Kind == TokenKind.End || Current.Is(";") || Current.Is("{") || IsAnyKeyword())
                return body;
        }
        catch (RegoException e) when (e.Code == RegoErrorCode.Parse && ReadsAsLiteral(start, out var literal))
        {
            return [literal];
        }

        _at = start;
        return [ParseLiteral()];
    }

    // `if {x | …}`: a bar before the first expression ends.
    private bool LooksLikeComprehension()
    {
        var depth = 0;
        for (var i = _at + 1; i < _tokens.Count; i++)
        {
            var token = _tokens[i];
            if (depth == 0 && (token.Is("|") || token.Is(";") || token.Is("}") || token.Is(":=") || (token.AfterNewline && i > _at + 1)))
                return token.Is("|");
            depth += token.Is("(") || token.Is("[") || token.Is("{") ? 1 : token.Is(")") || token.Is("]") || token.Is("}") ? -1 : 0;
        }

        return false;
    }

    private bool ReadsAsLiteral(int start, out Literal literal)
    {
        var (at, depth) = (_at, _depth);
        _at = start;
        literal = null!;
        try
        {
            literal = ParseLiteral();
            return true;
        }
        catch (RegoException)
        {
            // Then the error in the body is the one to report.
            (_at, _depth) = (at, depth);
            return false;
        }
    }

    private List<Literal> ParseBraces()
    {
        Expect("{");
        var body = ParseBody("}");
        Expect("}");
        return body;
    }

    private void ParseElse(Rule rule, bool hasBody)
    {
        while (IsKeyword("else"))
        {
            if (!hasBody && rule.Body.Count == 0 && rule.Else is null && rule.Arguments is null && !rule.IsAssigned && rule.HasGeneratedValue)
                throw Wrong("else keyword cannot be used on rules without a body");
            if (rule.Key is not null)
                throw Wrong("else keyword cannot be used on partial rules");

            var start = Current.Start;
            _at++;
            Term? value = null;
            var assigned = Current.Is(":=");
            if (Current.Is("=") || assigned)
            {
                _at++;
                value = ParseExpressionTerm();
            }

            var hasIf = IsKeyword("if");
            if (_isV1 && Current.Is("{") && !hasIf)
                throw Wrong("`if` keyword is required before rule body");

            List<Literal> body;
            if (hasIf || Current.Is("{"))
                body = ParseRuleBody(hasIf);
            else if (value is not null)
                body = [];
            else
                throw Wrong("expected else value term or rule body");

            var place = Since(start);
            rule.Else = new Rule(place)
            {
                Head = rule.Head,
                Arguments = rule.Arguments,
                Value = value ?? True(place),
                HasGeneratedValue = value is null,
                IsAssigned = assigned,
                Body = body,
            };
            rule = rule.Else;
            hasBody = true;
        }
    }

    // p { … } { … } are two rules with one head.
    private void ParseFurtherBodies(Module module, Rule rule, bool hasIf)
    {
        while (Current.Is("{") && !hasIf && rule.Body.Count > 0)
        {
            if (rule.Else is not null)
                throw Wrong("expected else keyword");
            if (_isV1)
                throw Wrong("`if` keyword is required before rule body");

            var start = Current.Start;
            var body = ParseBraces();
            module.Rules.Add(new Rule(Since(start))
            {
                Head = rule.Head,
                Arguments = rule.Arguments,
                Key = rule.Key,
                Value = rule.Value,
                HasGeneratedValue = rule.HasGeneratedValue,
                IsAssigned = rule.IsAssigned,
                Body = body,
            });
        }
    }
}
