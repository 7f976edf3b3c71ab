using Nacre.Rego.Evaluate;
using Nacre.Rego.Syntax;

namespace Nacre.Rego.Builtins;

/// <summary>What a builtin may know of the evaluation it is called in.</summary>
internal readonly struct BuiltinCall(Evaluation evaluation, Builtin builtin, Place place)
{
    public Evaluation Evaluation => evaluation;

    public string Name => builtin.Name;

    public Place Place => place;

    public DateTimeOffset Now => evaluation.Now;

    /// <summary>Makes a thing once in an evaluation: a compiled pattern, a random number that must stay the same.</summary>
    public T Once<T>(RegoValue key, Func<T> make)
        where T : class
    {
        if (evaluation.Memory.TryGetValue((builtin.Name, key), out var known))
            return (T)known;

        var made = make();
        evaluation.Memory[(builtin.Name, key)] = made;
        return made;
    }

    public RegoString Text(string text)
    {
        evaluation.ChargeText(text.Length);
        return new RegoString(text);
    }
}
