"""What every page and picture in HTML is made with: the templates' environment, the page shell, SVG."""
