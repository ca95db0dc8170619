using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

public class ReferenceExpression : IExpressionValue
{
    readonly string format;
    readonly IReadOnlyList<IValueProvider> providers;
    readonly IReadOnlyList<string> expressions;

    ReferenceExpression(string format, IReadOnlyList<IValueProvider> providers, IReadOnlyList<string> expressions) =>
        (this.format, this.providers, this.expressions) = (format, providers, expressions);

    public string Format => format;
    public IReadOnlyList<IValueProvider> ValueProviders => providers;
    public string ValueExpression => string.Format(CultureInfo.InvariantCulture, format, [.. expressions]);

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var values = new object?[providers.Count];
        for (var i = 0; i < values.Length; i++) values[i] = await providers[i].GetValueAsync(cancellationToken);
        return string.Format(CultureInfo.InvariantCulture, format, values);
    }

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        readonly StringBuilder format = new(literalLength + formattedCount * 3);
        readonly List<IValueProvider> providers = new(formattedCount);
        readonly List<string> expressions = new(formattedCount);

        public void AppendLiteral(string value) => format.Append(value.Replace("{", "{{").Replace("}", "}}"));

        public void AppendFormatted(string? value)
        {
            if (value is not null) AppendLiteral(value);
        }

        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider
        {
            format.Append('{').Append(providers.Count).Append('}');
            providers.Add(valueProvider);
            expressions.Add(valueProvider.ValueExpression);
        }

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider) where T : IResource, IValueProvider, IManifestExpressionProvider =>
            AppendFormatted(valueProvider.Resource);

        internal ReferenceExpression Build() => new(format.ToString(), providers, expressions);
    }
}
