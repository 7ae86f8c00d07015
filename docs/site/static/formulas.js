/* KaTeX takes the place of each formula. A sign that follows one stays on its line. */
document.addEventListener("DOMContentLoaded", () => {
    for (const place of document.querySelectorAll("span.math, div.math")) {
        katex.render(place.textContent, place, { displayMode: place.tagName === "DIV", throwOnError: false });
        const next = place.nextSibling;
        const sign = next?.nodeType === Node.TEXT_NODE && next.data.match(/^[.,;:)]+/);
        const end = place.querySelector(".katex-html > .base:last-child");
        if (sign && end) {
            end.append(sign[0]);
            next.data = next.data.slice(sign[0].length);
        }
    }
});
