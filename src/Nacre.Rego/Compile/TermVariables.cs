using Nacre.Rego.Syntax;

namespace Nacre.Rego.Compile;

/// <summary>Which variables a resolved term or literal has, and in which positions.</summary>
internal static class TermVariables
{
    /// <summary>Outside of comprehensions and other bodies.</summary>
    public static void AddOpen(Term? term, HashSet<Variable> into) => Visit(term, into, closures: false, open: true);

    /// <summary>Only those inside bodies nested in the term.</summary>
    public static void AddClosed(Term? term, HashSet<Variable> into) => Visit(term, into, closures: true, open: false);

    public static void AddAll(Term? term, HashSet<Variable> into) => Visit(term, into, closures: true, open: true);

    public static void AddOpen(Literal literal, HashSet<Variable> into) => Visit(literal, into, closures: false, open: true);

    public static void AddAll(Literal literal, HashSet<Variable> into) => Visit(literal, into, closures: true, open: true);

    public static void AddClosed(Literal literal, HashSet<Variable> into) => Visit(literal, into, closures: true, open: false);

    /// <summary>Variables of a pattern that must be bound before it can be matched: in references, calls, sets and keys.</summary>
    public static void AddHard(Term term, HashSet<Variable> into)
    {
        switch (term)
        {
            case LocalTerm:
                return;
            case ArrayTerm array:
                array.Items.ForEach(item => AddHard(item, into));
                return;
            case ObjectTerm members:
                foreach (var (key, value) in members.Members)
                {
                    AddOpen(key, into);
                    AddHard(value, into);
                }

                return;
            default:
                AddOpen(term, into);
                return;
        }
    }

    /// <summary>Variables that matching a pattern binds.</summary>
    public static void AddSoft(Term term, HashSet<Variable> into)
    {
        switch (term)
        {
            case LocalTerm local:
                into.Add(local.Variable);
                return;
            case ArrayTerm array:
                array.Items.ForEach(item => AddSoft(item, into));
                return;
            case ObjectTerm members:
                members.Members.ForEach(member => AddSoft(member.Value, into));
                return;
        }
    }

    private static void Visit(Literal literal, HashSet<Variable> into, bool closures, bool open)
    {
        foreach (var modifier in literal.With)
            if (modifier is ResolvedWith { NewValue: { } value })
                Visit(value, into, closures, open);

        switch (literal)
        {
            case TermLiteral term:
                Visit(term.Term, into, closures, open);
                break;
            case SomeInLiteral some:
                Visit(some.Key, into, closures, open);
                Visit(some.Value, into, closures, open);
                Visit(some.Domain, into, closures, open);
                break;
            case PrintLiteral print:
                print.Arguments.ForEach(argument => Visit(argument, into, closures, open));
                break;
            case ResolvedEvery every:
                Visit(every.Domain, into, closures, open);
                if (closures)
                    every.Body.ForEach(inner => Visit(inner, into, closures: true, open: true));
                break;
        }
    }

    private static void Visit(Term? term, HashSet<Variable> into, bool closures, bool open)
    {
        switch (term)
        {
            case LocalTerm local when open:
                into.Add(local.Variable);
                break;
            case RefTerm path:
                Visit(path.Head, into, closures, open);
                path.Path.ForEach(operand => Visit(operand, into, closures, open));
                break;
            case ArrayTerm array:
                array.Items.ForEach(item => Visit(item, into, closures, open));
                break;
            case SetTerm set:
                set.Items.ForEach(item => Visit(item, into, closures, open));
                break;
            case ObjectTerm members:
                foreach (var (key, value) in members.Members)
                {
                    Visit(key, into, closures, open);
                    Visit(value, into, closures, open);
                }

                break;
            case ResolvedCall call:
                call.Arguments.ForEach(argument => Visit(argument, into, closures, open));
                break;
            case TemplateTerm template:
                foreach (var (_, expression) in template.Parts)
                    if (expression is not null)
                        Visit(expression, into, closures, open);
                break;
            case ComprehensionTerm comprehension when closures:
                comprehension.Body.ForEach(literal => Visit(literal, into, closures: true, open: true));
                Visit(comprehension.Key, into, closures: true, open: true);
                Visit(comprehension.Value, into, closures: true, open: true);
                break;
        }
    }
}
