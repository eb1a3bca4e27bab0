# The image of the server and of the worker; docker-compose.yml says which command each one runs.

FROM python:3.11.13-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/poise \
 && /opt/poise/bin/pip install --no-cache-dir --constraint constraints.txt ./adapters/sdk .

FROM python:3.11.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/poise --shell /usr/sbin/nologin poise \
 && install --directory --owner=poise --group=poise --mode=0700 /var/lib/poise
COPY --from=build /opt/poise /opt/poise
ENV PATH=/opt/poise/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    POISE_DATA=/var/lib/poise
USER 10001
WORKDIR /var/lib/poise
VOLUME /var/lib/poise
EXPOSE 8000
CMD ["poise", "server"]
