namespace Nacre.Rego.Evaluate;

/// <summary>Told what happens while a program compiled for explaining runs.</summary>
internal interface IEvaluationTrace
{
    void BuiltinFailed(string name, string message);
}
